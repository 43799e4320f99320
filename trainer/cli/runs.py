"""`runs list | diff | bundle`: past runs of a folder, what differs between two, and one packed for whoever helps."""

import sys
from argparse import Namespace
from pathlib import Path

from ..errors import RunError
from ..images.picture_file import write_picture
from .command import AddParser, Figures
from .progress import say


def add(command: AddParser) -> None:
    runs = command("runs", help="past runs: a list, what differs between two, one packed for whoever helps")
    inner = runs.add_subparsers(required=True, metavar="action")
    listed = inner.add_parser("list", help="the runs in a folder, the newest first")
    listed.set_defaults(command=_list)
    listed.add_argument("folder", type=Path, help="folder with a folder a run, as ComfyUI's output/likeness")
    diff = inner.add_parser("diff", help="settings, dataset and result of two runs, where they differ")
    diff.set_defaults(command=_diff)
    diff.add_argument("first", type=Path)
    diff.add_argument("second", type=Path)
    diff.add_argument("--sheet", type=Path, help="picture of both runs' curves and what differs to write (PNG)")
    bundle = inner.add_parser("bundle", help="settings, log, versions and the last error as one zip without any path")
    bundle.set_defaults(command=_bundle)
    bundle.add_argument("run", type=Path)
    bundle.add_argument("--out", type=Path, help="the zip to write; left out, its contents are only told")
    bundle.add_argument("--names", action="store_true", help="keep the names of the picture files")
    bundle.add_argument("--captions", action="store_true", help="keep captions, prompts and the trigger")


def _list(options: Namespace) -> Figures:
    from ..training.run.past_runs import entry_json, entry_line, past_runs

    if not options.folder.is_dir():
        raise RunError(f"{options.folder} is no folder; give the one that holds the runs.")
    entries = past_runs(options.folder)
    for entry in entries:
        say(entry_line(entry), "yellow" if entry.fault else None)
    if not entries:
        say(f"No run lies in {options.folder}.")
    return {"runs": [entry_json(entry) for entry in entries]}


def _diff(options: Namespace) -> Figures:
    from ..training.run.diff import diff_folders, diff_json
    from ..training.run.diff_sheet import draw_diff
    from ..training.run.diff_words import diff_lines

    diff = diff_folders(options.first, options.second)
    for line in diff_lines(diff):
        say(line, None)
    if options.sheet is not None:
        write_picture(options.sheet, draw_diff(diff))
        sys.stdout.write(f"{options.sheet.resolve()}\n")
    return diff_json(diff)


def _bundle(options: Namespace) -> Figures:
    from ..planning.plan_of_run import figures_of_run
    from ..training.run.bundle import bundle_of
    from ..training.run.bundle_parts import Asked

    asked = Asked(names=options.names, captions=options.captions)
    bundle = bundle_of(options.run, asked, plan=figures_of_run(options.run))
    for part in bundle.contents:
        say(f"{part['name']:16} {part['bytes'] / 1000:8.1f} kB  {part['what']}", None)
    if options.out is None:
        say("Nothing was written; --out FILE.zip writes it.")
        return {"contents": bundle.contents}
    return {"written": str(bundle.save(options.out)), "contents": bundle.contents}
