"""The shot catalogue: read, written, and refused by line."""

import pytest

from trainer.augment.fill.gap import gaps_of, unfillable
from trainer.augment.fill.view import View, parse_views, stock_views, table_of
from trainer.dataset.coverage.axis import Axis
from trainer.dataset.coverage.coverage import AXES, Coverage
from trainer.dataset.coverage.framing import ANGLES, FRAMINGS, NO_FACE
from trainer.dataset.coverage.lighting import LIGHTINGS
from trainer.errors import DatasetError
from trainer.faces.face import EXPRESSIONS


def coverage(**buckets: dict[str, int]) -> Coverage:
    """Axes with so many pictures in their buckets; those not named were not measured."""
    axes: dict[str, Axis] = {}
    for name in AXES:
        held = {b: tuple(f"{name}{b}{n}" for n in range(c)) for b, c in buckets.get(name, {}).items()}
        axes[name] = Axis(name=name, by="test", buckets=held)
    return Coverage(axes=axes)


def test_the_stock_catalogue_answers_every_bucket_that_may_be_empty() -> None:
    known = {view.name for view in stock_views()}
    wanted = [f"angle: {name}" for name in ANGLES if name != NO_FACE]
    wanted += [f"expression: {name}" for name in EXPRESSIONS] + [f"lighting: {name}" for name in LIGHTINGS]
    wanted += [f"framing: {name}" for name in FRAMINGS] + ["background: another", "outfit: another"]
    assert set(wanted) == known
    assert all(view.edit for view in stock_views())


def test_a_catalogue_reads_back_as_it_was_written() -> None:
    assert parse_views(table_of(stock_views())) == stock_views()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "no views"),
        ("left profile | from side", "There is no axis"),
        ("angle: left profile", "has 1 parts"),
        ("angle: | words", "needs a bucket"),
        ("framing: medium | upper body | | tall", "shape 'tall'"),
        ("framing: medium | upper body | | 1:9", "too long"),
        ("angle: front | a | b | 1:1 | c | d", "has 6 parts"),
    ],
)
def test_lines_that_cannot_be_read_are_named(line: str, said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        parse_views(line)


def test_a_table_that_is_too_long_is_refused() -> None:
    with pytest.raises(DatasetError, match="129 views are too many"):
        parse_views("\n".join(f"angle: front | word {n}" for n in range(129)))


def test_gaps_are_what_is_empty_where_something_was_measured() -> None:
    seen = coverage(angle={"front": 3, "left profile": 0, "right profile": 0}, background={"blue": 3})
    names = [gap.name for gap in gaps_of(seen, stock_views())]
    assert names[:2] == ["angle: left profile", "angle: right profile"]
    assert all(name.startswith("background: ") for name in names[2:]) and len(names) == 7


def test_enough_backgrounds_are_no_gap() -> None:
    assert not gaps_of(coverage(background={"blue": 2, "red": 2, "green": 2}), stock_views())
    assert gaps_of(coverage(background={"blue": 7, "red": 1, "green": 1}), stock_views())


def test_gaps_can_be_asked_for_by_bucket_or_words() -> None:
    seen = coverage(angle={"front": 3})
    asked = gaps_of(seen, stock_views(), ("Left Profile", "smile", "outdoors"))
    assert [gap.name for gap in asked] == [
        "angle: left profile",
        "expression: smile",
        "background: outdoors, forest",
        "background: outdoors, city street",
        "background: outdoors, beach",
    ]
    with pytest.raises(DatasetError, match="nothing for 'dancing'"):
        gaps_of(seen, stock_views(), ("dancing",))


def test_what_the_catalogue_lacks_is_named() -> None:
    seen = coverage(angle={"front": 1, "left profile": 0})
    assert unfillable(seen, (View(axis="angle", bucket="front", words="front view"),)) == ("angle: left profile",)
