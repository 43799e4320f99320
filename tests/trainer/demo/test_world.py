import numpy as np
import pytest

from trainer.demo.build.world import draw_world, feature_weights
from trainer.demo.characters.character import SAGE, balanced_looks, character
from trainer.demo.world.captions import caption, made_up_name, varied_caption
from trainer.demo.world.draw import draw
from trainer.demo.world.identity import VECTOR_SIZE, any_identity, is_reserved, random_identity
from trainer.demo.world.look import VALUES, random_look


def test_the_same_generator_draws_the_same_picture() -> None:
    pictures = [draw(SAGE, random_look(np.random.default_rng(3)), np.random.default_rng(4)).image for _ in range(2)]
    assert pictures[0].tobytes() == pictures[1].tobytes()


@pytest.mark.parametrize("slot", list(VALUES))
def test_every_slot_changes_the_picture(slot: str) -> None:
    look = random_look(np.random.default_rng(1)).to_json()
    pictures = {
        draw(
            SAGE, type(random_look(np.random.default_rng(0)))(**{**look, slot: value}), np.random.default_rng(2)
        ).image.tobytes()
        for value in VALUES[slot]
    }
    assert len(pictures) == len(VALUES[slot])


def test_the_face_lies_inside_its_box_and_looks_where_it_is_told() -> None:
    look = random_look(np.random.default_rng(1)).to_json()
    noses = []
    for turn in ("left", "front", "right"):
        drawing = draw(
            SAGE, type(random_look(np.random.default_rng(0)))(**{**look, "turn": turn}), np.random.default_rng(2)
        )
        left, top, right, bottom = drawing.box
        assert all(left < x < right and top < y < bottom for x, y in drawing.points)
        noses.append(drawing.points[2][0])
    assert noses == sorted(noses)


def test_no_picture_of_the_build_shows_a_reserved_person() -> None:
    rng = np.random.default_rng(0)
    assert not any(is_reserved(random_identity(rng)) for _ in range(500))
    assert all(is_reserved(character(number)) for number in range(3))
    assert 0.08 < np.mean([is_reserved(any_identity(rng)) for _ in range(2000)]) < 0.17


def test_two_random_people_are_unlike_on_average_and_oneself_is_one() -> None:
    rng = np.random.default_rng(0)
    vectors = np.stack([any_identity(rng).vector() for _ in range(300)])
    assert vectors.shape == (300, VECTOR_SIZE)
    cosines = vectors @ vectors.T
    assert np.allclose(np.diag(cosines), 1, atol=1e-5)
    assert abs(cosines[np.triu_indices(300, 1)].mean()) < 0.03


def test_a_caption_keeps_the_order_of_the_guide() -> None:
    look = random_look(np.random.default_rng(7))
    text = caption(["sage_character"], look)
    assert text.startswith("sage_character, person, ")
    places = [text.index(part) for part in look.slots().values()]
    assert places == sorted(places)


def test_described_people_follow_the_class_word() -> None:
    text = caption(SAGE.words(), random_look(np.random.default_rng(7)))
    assert text.startswith("person, long red hair, pale skin, green eyes, glasses, ")


def test_varied_captions_describe_leave_out_or_now_and_then_make_a_name_up() -> None:
    rng = np.random.default_rng(0)
    texts = [varied_caption(SAGE, random_look(rng), rng) for _ in range(300)]
    described = np.mean(["red hair" in text for text in texts])
    named = np.mean([not text.startswith("person") for text in texts])
    assert 0.4 < described < 0.6
    assert 0.05 < named < 0.2
    assert " " not in made_up_name(rng)


def test_people_with_a_name_are_called_by_it_and_by_no_other() -> None:
    rng = np.random.default_rng(0)
    texts = [varied_caption(SAGE, random_look(rng), rng, "quorl") for _ in range(300)]
    named = [text.startswith("quorl, person") for text in texts]
    assert 0.7 < np.mean(named) < 0.9
    assert all(is_named or text.startswith("person") for text, is_named in zip(texts, named, strict=True))


def test_balanced_looks_use_every_word_evenly() -> None:
    looks = balanced_looks(24, np.random.default_rng(0))
    for slot, values in VALUES.items():
        counts = [sum(getattr(look, slot) == value for look in looks) for value in values]
        assert max(counts) - min(counts) <= 1


def test_a_world_is_the_same_on_one_process_and_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.demo.build.world._CHUNK", 20)
    one, two = draw_world(50, 5, processes=1), draw_world(50, 5, processes=2)
    assert np.array_equal(one.pixels, two.pixels)
    assert one.people == two.people
    assert one.people[0] == one.people[3] != one.people[4]


def test_eyes_and_mouth_weigh_more() -> None:
    world = draw_world(4, 5, processes=1)
    weights = feature_weights(world, 8, 3.0)
    assert weights.shape == (4, 16, 16)
    assert weights[0, 0, 0] == 1
    x, y = world.points[0][3:].mean(axis=0) / 8
    assert weights[0, int(y), int(x)] == 3
