"""Weight types under the names of the popular IP-Adapter pack, by transformer."""

import pytest

from trainer.errors import ModelError
from trainer.identity.attention.numbers import TOPOLOGIES, places
from trainer.identity.attention.weights import WEIGHT_TYPES, LayerWeight, layer_weights


def by_transformer(weight_type: str, family: str, weight: float = 1.0) -> dict[int, LayerWeight]:
    """One for each transformer; all layers in one have the same."""
    layers = TOPOLOGIES[family].attentions()
    where = {number: place.transformer for number, place in places(layers).items()}
    found: dict[int, set[LayerWeight]] = {}
    for number, at in layer_weights(weight_type, weight, layers, family).items():
        found.setdefault(where[number], set()).add(at)
    assert all(len(weights) == 1 for weights in found.values())
    return {transformer: weights.pop() for transformer, weights in sorted(found.items())}


def weights(weight_type: str, family: str, weight: float = 1.0) -> dict[int, float]:
    found = by_transformer(weight_type, family, weight)
    assert not any(at.pushes for at in found.values())
    return {transformer: at.weight for transformer, at in found.items()}


@pytest.mark.parametrize(("family", "count"), [("sdxl", 11), ("sd15", 16)])
def test_spread_types_reach_every_transformer(family: str, count: int):
    assert weights("linear", family, 0.6) == dict.fromkeys(range(count), 0.6)
    eased = {
        "ease in": lambda t: 1 - t / count,
        "ease out": lambda t: t / count,
        "ease in-out": lambda t: 1 - abs(t - count / 2) / (count / 2),
        "reverse in-out": lambda t: abs(t - count / 2) / (count / 2),
    }
    for name, part in eased.items():
        expected = {t: 0.6 * (0.05 + 0.95 * part(t)) for t in range(count)}
        assert weights(name, family, 0.6) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("weak input", range(4)),
        ("weak middle", range(4, 5)),
        ("weak output", range(5, 11)),
        ("strong middle", (*range(4), *range(5, 11))),
    ],
)
def test_a_fifth_is_left_where_a_section_is_weak(name: str, weak: range):
    assert weights(name, "sdxl") == {t: 0.2 if t in weak else 1.0 for t in range(11)}


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("style transfer", "sdxl", {6: 0.8}),
        ("composition", "sdxl", {3: 0.8}),
        ("style and composition", "sdxl", {3: 0.8, 6: 0.8}),
        ("strong style transfer", "sdxl", {t: 0.8 for t in range(11) if t != 3}),
        ("style transfer", "sd15", {t: 0.8 for t in (*range(4), *range(9, 16))}),
        ("composition", "sd15", {4: 0.2, 5: 0.8}),
        ("style and composition", "sd15", {t: 0.2 if t == 4 else 0.8 for t in (*range(6), *range(9, 16))}),
        ("strong style transfer", "sd15", {t: 0.8 for t in range(16) if t not in (4, 5)}),
    ],
)
def test_style_and_composition_are_transformers_of_their_own(name: str, family: str, expected: dict[int, float]):
    assert weights(name, family, 0.8) == pytest.approx(expected)


def test_precise_types_push_away_from_what_is_not_wanted():
    assert by_transformer("style transfer precise", "sdxl", 0.8) == {
        3: LayerWeight(0.8, pushes=True),
        6: LayerWeight(0.8),
    }
    composition = by_transformer("composition precise", "sdxl", 0.8)
    assert composition[3] == LayerWeight(0.8) and composition[6] == LayerWeight(0.8, pushes=True)
    others = [at for t, at in composition.items() if t not in (3, 6)]
    assert len(others) == 9 and all(at.pushes and at.weight == pytest.approx(0.08) for at in others)


@pytest.mark.parametrize("name", WEIGHT_TYPES)
def test_weight_0_places_nothing(name: str):
    assert layer_weights(name, 0.0, TOPOLOGIES["sdxl"].attentions(), "sdxl") == {}


def test_the_packs_names_are_all_there():
    assert set(WEIGHT_TYPES) == {
        *("linear", "ease in", "ease out", "ease in-out", "reverse in-out"),
        *("weak input", "weak output", "weak middle", "strong middle"),
        *("style transfer", "composition", "strong style transfer", "style and composition"),
        *("style transfer precise", "composition precise"),
    }


def test_another_name_is_refused():
    with pytest.raises(ModelError, match="no weight type 'ease'.*ease in, ease out"):
        layer_weights("ease", 1.0, TOPOLOGIES["sdxl"].attentions(), "sdxl")
