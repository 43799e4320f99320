from collections.abc import Sequence
from dataclasses import replace
from unittest.mock import ANY

import numpy as np
import pytest
from PIL import Image

from trainer.scoring.measures.background import background_of
from trainer.scoring.measures.copies import copied_of, copies, nearest, nearest_of
from trainer.scoring.plan.compare_plan import Probe
from trainer.scoring.reading.descriptor import Description
from trainer.scoring.reading.descriptors.own import OwnDescriptor, OwnGallery
from trainer.scoring.reading.observation import Batch, Observation, PictureScore, Scale

from .test_variety import flat


def picture(distance: float | None, seed: int = 1) -> PictureScore:
    return PictureScore(probe=0, kind="trigger", seed=seed, path="", nearest=distance)


def test_a_repeated_training_picture_is_a_copy():
    training = [flat(0), flat(200)]
    distances = [nearest_of(flat(201), training), nearest_of(flat(100), training)]
    batch = Batch(pictures=[picture(distance, seed) for seed, distance in enumerate(distances)])
    repeated, far = copies(batch), nearest(batch)
    assert repeated and repeated.value == 0.5
    assert far and far.value == pytest.approx((1 / 255 + 100 / 255) / 2)


def test_without_training_pictures_nothing_is_a_copy_or_none():
    assert nearest_of(flat(1), []) is None
    assert copies(Batch(pictures=[picture(None)])) is None


def test_a_descriptors_word_counts_before_small_copies():
    found = copies(
        Batch(pictures=[replace(picture(0.5), copied=0.9, seed=1), replace(picture(0.0), copied=0.1, seed=2)])
    )
    assert found and (found.value, found.count) == (0.5, 2)


class Counted(OwnDescriptor):
    """Notes what is held against how many pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Description, int]] = []

    def gallery(self, pictures: Sequence[Description]) -> OwnGallery:
        gallery = super().gallery(pictures)
        copied = gallery.copied

        def noted(one: Description) -> float | None:
            self.asked.append((one, len(pictures)))
            return copied(one)

        gallery.copied = noted
        return gallery


def test_a_picture_is_held_against_every_training_picture_once():
    rng = np.random.default_rng(3)
    noise = [Image.fromarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)) for _ in range(3)]
    counted = Counted()
    trained, other = [counted.describe(image, None) for image in noise[:2]], counted.describe(noise[2], None)
    scale = Scale(probes=(), character=np.zeros(0), reference=None, others=None, described=trained, descriptor=counted)
    again = counted.describe(noise[1].transpose(Image.Transpose.FLIP_LEFT_RIGHT), None)
    assert [copied_of(seen(each), scale) for each in (again, other, again)] == [pytest.approx(1, abs=0.01), 0, ANY]
    assert counted.asked == [(again, 2), (other, 2)]


def test_without_a_descriptor_or_training_pictures_nothing_is_told():
    described = OwnDescriptor().describe(Image.new("RGB", (64, 64)), None)
    bare = Scale(probes=(Probe(kind="prompt", prompt="sage"),), character=np.zeros(0), reference=None, others=None)
    assert copied_of(seen(described), bare) is None
    assert background_of(seen(described), replace(bare, descriptor=OwnDescriptor())) is None
    assert copied_of(seen(None), replace(bare, descriptor=OwnDescriptor(), described=[described])) is None


def test_a_background_is_looked_for_only_where_the_trigger_stands_in_a_scene():
    described = OwnDescriptor().describe(scenery(), (20.0, 20.0, 40.0, 40.0))
    known = Scale(
        probes=(Probe(kind="prompt", prompt="sage"), Probe(kind="trigger", prompt="sage")),
        character=np.zeros(0),
        reference=None,
        others=None,
        descriptor=OwnDescriptor(),
        described=[described],
    )
    assert background_of(seen(described), known) == pytest.approx(1, abs=0.05)
    assert background_of(replace(seen(described), probe=1), known) is None


def scenery() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)).resize((128, 128))


def seen(described: Description | None) -> Observation:
    return Observation(
        probe=0, seed=1, path="", embedding=None, read={}, small=np.zeros((1, 1, 3)), described=described
    )
