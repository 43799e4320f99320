"""What is kept, drawn and told."""

from pathlib import Path

from trainer.upkeep.kept import Kept
from trainer.upkeep.kept_sheet import draw_kept
from trainer.upkeep.words import places_of, summary_lines


def item(name: str, size: int, needed: str = "") -> Kept:
    folder = Path("/there") / name
    return Kept(what="caches", where=folder, files=(folder / "a",), bytes=size, used=0.0, needed=needed, run=folder)


def test_runs_are_told_largest_first_with_what_may_go() -> None:
    items = [item("small", 1000), item("large", 2_000_000), item("large", 500_000, "it is at work now")]
    rows = [(row.name, row.bytes, row.may_go) for row in places_of(items)]
    assert rows == [("large", 2_500_000, 2_000_000), ("small", 1000, 1000)]
    first, second = summary_lines(items)
    assert first == "2.5 MB are kept; 2.0 MB may go." and second.startswith("Caches: 2.0 MB, latents")


def test_many_runs_fit_on_one_sheet_and_so_does_none() -> None:
    few, many = draw_kept([]), draw_kept([item(f"run {n}", 1000 + n) for n in range(40)])
    assert few.width == many.width == 1280 and few.height < many.height < 900
