"""`clean`: what runs, caches and kept pictures take on the disk; with `--remove` what nobody needs goes."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import RunError
from ..images.picture_file import write_picture
from ..upkeep.kept import REMOVABLE
from .command import AddParser, Figures
from .progress import say

if TYPE_CHECKING:
    from ..upkeep.kept import Kept

_ALL = "all"


def add(command: AddParser) -> None:
    clean = command("clean", help="what runs, caches and kept pictures take, and removing what nobody needs")
    clean.set_defaults(command=_clean)
    clean.add_argument("folder", type=Path, help="ComfyUI's output folder, or a folder with a folder a run")
    kinds = "; ".join(f"{kind}: {words}" for kind, words in REMOVABLE.items())
    clean.add_argument("--remove", help=f"kinds to remove, with commas between, or {_ALL} ({kinds})")
    clean.add_argument("--run", help="remove this run whole, by its name")
    clean.add_argument(
        "--idle-days",
        type=float,
        default=30,
        help="pictures and comparisons used since then stay (default: 30)",
    )
    clean.add_argument(
        "--keep", type=Path, action="append", default=[], help="folder of datasets whose pictures stay; may be repeated"
    )
    clean.add_argument("--sheet", type=Path, help="picture of what is kept to write (PNG)")


def _clean(options: Namespace) -> Figures:
    """Without `--remove` and `--run` nothing is changed."""
    from ..upkeep.clean import clean
    from ..upkeep.kept import kept_json, of_kinds
    from ..upkeep.places import places_below
    from ..upkeep.plan_cleaning import plan_cleaning
    from ..upkeep.words import cleaned_lines, summary_lines, table_lines

    if not options.folder.is_dir():
        raise RunError(f"{options.folder} is no folder; give ComfyUI's output folder.")
    kinds = _kinds(options.remove)
    places = places_below(options.folder, options.keep)
    figures = _without_run(places.runs, options.run) if options.run else {}
    items = plan_cleaning(places, idle_days=options.idle_days)
    for line in (*table_lines(items), *summary_lines(items)):
        say(line, None)
    _draw(items, options.sheet)
    if not kinds:
        return {**figures, "kept": [kept_json(item) for item in items], "removed": {"files": 0, "bytes": 0}}
    done = clean(of_kinds(items, kinds), places, idle_days=options.idle_days)
    for line in cleaned_lines(done):
        say(line, "yellow" if done.left else "green")
    left = plan_cleaning(places, idle_days=options.idle_days)
    removed = {"files": done.files, "bytes": done.bytes, "left": list(done.left)}
    return {**figures, "kept": [kept_json(item) for item in left], "removed": removed}


def _kinds(asked: str | None) -> tuple[str, ...]:
    """RunError for a word that is no kind."""
    words = [word.strip() for word in (asked or "").split(",") if word.strip()]
    if words == [_ALL]:
        return tuple(REMOVABLE)
    if unknown := [word for word in words if word not in REMOVABLE]:
        raise RunError(f"There is no kind {unknown[0]!r} to remove; take some of {', '.join(REMOVABLE)}, or {_ALL}.")
    return tuple(words)


def _without_run(runs: Path, name: str) -> Figures:
    from ..training.run.run_names import run_names
    from ..upkeep.kept import size_in_words
    from ..upkeep.remove_run import remove_run

    if name not in run_names(runs):
        raise RunError(f"No run {name!r} lies in {runs}; `runs list` names those that do.")
    gone = remove_run(runs / name)
    say(f"The run {name} is removed: {gone.files} files, {size_in_words(gone.bytes)}.", "green")
    for file in gone.left:
        say(f"{file} stays: it was not made by this pack.", "yellow")
    return {"run": {"name": name, "files": gone.files, "bytes": gone.bytes, "left": list(gone.left)}}


def _draw(items: "tuple[Kept, ...]", sheet: Path | None) -> None:
    from ..upkeep.kept_sheet import draw_kept

    if sheet is not None:
        write_picture(sheet, draw_kept(items))
        sys.stdout.write(f"{sheet.resolve()}\n")
