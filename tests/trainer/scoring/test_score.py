"""Drawn pictures of known content, from what is seen in them to what is held against a checkpoint."""

from collections.abc import Sequence

import numpy as np
from PIL import ImageOps

from trainer.demo.characters.character import character
from trainer.demo.world.draw import Drawing, draw
from trainer.demo.world.look import Look
from trainer.scoring.gates import flagged
from trainer.scoring.plan.compare_plan import Probe
from trainer.scoring.reading.descriptors.own import OwnDescriptor
from trainer.scoring.reading.observation import CheckpointImages, Observation, Scale
from trainer.scoring.reading.thumbnail import small
from trainer.scoring.score import score
from trainer.scoring.scores import Scores

OWN = OwnDescriptor()
TURNS = ("left", "front", "right", "front")
PLACES = ("beach", "forest", "room", "beach")


def drawn(person: int, scene: str, turn: str, seed: int) -> Drawing:
    look = Look(
        background="blue" if scene == "city" else "yellow",
        scene=scene,
        garment="shirt",
        garment_color=("red", "white", "black", "green")[seed % 4],
        expression="neutral",
        turn=turn,
        style="flat",
    )
    return draw(character(person), look, np.random.default_rng(seed))


TRAINED = [drawn(0, "city", turn, seed) for seed, turn in enumerate(("front", "left", "right"))]
SCALE = Scale(
    probes=[Probe(kind="prompt", prompt="ohwx", asked={"place": place}) for place in PLACES],
    character=np.zeros(0),
    reference=None,
    others=None,
    training=[small(each.image) for each in TRAINED],
    described=[OWN.describe(each.image, each.box) for each in TRAINED],
    descriptor=OWN,
)


def column(label: str, pictures: Sequence[Drawing]) -> CheckpointImages:
    seen = [
        Observation(
            probe=probe,
            seed=1,
            path="",
            embedding=None,
            read={},
            small=small(each.image),
            described=OWN.describe(each.image, each.box),
        )
        for probe, each in enumerate(pictures)
    ]
    return CheckpointImages(label=label, lora=label or None, observations=seen)


CONTROL = column("", [drawn(5, place, turn, 20 + n) for n, (place, turn) in enumerate(zip(PLACES, TURNS, strict=True))])


def measured(pictures: Sequence[Drawing]) -> Scores:
    base = score(CONTROL, CONTROL, SCALE)
    return flagged(score(column("lora", pictures), CONTROL, SCALE), base)


def told(scores: Scores, word: str) -> bool:
    return any(word in sentence for sentence in (*scores.cautions, *(flag.sentence for flag in scores.flags)))


def test_the_trained_place_behind_the_character_wherever_it_was_asked_to_be_is_a_leak_and_no_copy():
    scores = measured([drawn(0, "city", turn, 30 + n) for n, turn in enumerate(TURNS)])
    leak, copied = scores.measures["background_leak"], scores.copies
    assert leak and leak.low > 0.3
    assert copied and copied.value <= 0.25
    assert told(scores, "Backgrounds") and not told(scores, "repeat a training picture")


def test_the_character_in_the_places_that_were_asked_for_leaks_nothing():
    scores = measured(
        [drawn(0, place, turn, 40 + n) for n, (place, turn) in enumerate(zip(PLACES, TURNS, strict=True))]
    )
    leak = scores.measures["background_leak"]
    assert leak and leak.low < 0.1
    assert scores.copies and scores.copies.value == 0
    assert not told(scores, "Backgrounds") and not told(scores, "repeat")


def test_training_pictures_mirrored_and_cut_are_copies():
    again = [
        Drawing(ImageOps.mirror(each.image).crop((10, 4, 124, 118)), each.box, each.points)
        for each in (*TRAINED, TRAINED[0])
    ]
    scores = measured(again)
    assert scores.copies and scores.copies.value == 1
    assert told(scores, "repeat a training picture") and scores.overtrained
