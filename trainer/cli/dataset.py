"""`dataset check | crop | pick | mix | save`: a folder of pictures looked over, cut, thinned out, joined, written."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ..dataset.audit.audit import audit
from ..dataset.audit.sheet import draw_sheet
from ..dataset.checks.rules import Rules
from ..dataset.coverage.picture import draw_coverage
from ..dataset.crop.crop import BodyCrop, FaceCrop, crop_dataset
from ..dataset.crop.picture import draw_boxes
from ..dataset.dataset import Dataset
from ..dataset.files.save import save_aitoolkit, save_json, save_kohya
from ..dataset.files.told import told
from ..dataset.mix import mix
from ..dataset.pick.baselines import named_baselines
from ..dataset.pick.likeness import choice_by
from ..dataset.pick.pick import pick
from ..dataset.ratio import parse_shares
from ..dataset.split import hold_out
from ..errors import DatasetError
from ..images.picture_file import write_picture
from ..runtime.peak import peak_mb
from .command import AddParser, Figures, write_text
from .folder import (
    add_faces,
    add_reading,
    attribute_reader,
    face_reader,
    name_left_out,
    read,
    required_face_reader,
)
from .progress import progress


def add(command: AddParser) -> None:
    dataset = command("dataset", help="check, crop, pick, mix and save a folder of pictures")
    verbs = dataset.add_subparsers(required=True, metavar="verb").add_parser
    for add_verb in (_add_check, _add_crop, _add_pick, _add_mix, _add_save):
        add_verb(verbs)


def _add_check(verbs: AddParser) -> None:
    check = _verb(verbs, "check", "look every picture and the set over; changes nothing")
    check.set_defaults(command=_check)
    check.add_argument("--resolution", type=int, default=1024, help="side to be trained at (default: 1024)")
    add_faces(check)


def _add_crop(verbs: AddParser) -> None:
    crop = _verb(verbs, "crop", "cut squares around faces, or figures with close-ups")
    crop.set_defaults(command=_crop)
    crop.add_argument("--baselines", nargs="+", default=[], metavar="NAME", help="up to three pictures of whom to crop")
    crop.add_argument("--mode", choices=("face", "body"), default="face")
    crop.add_argument("--share", type=float, default=0.6, help="part of the height the face fills (default: 0.6)")
    crop.add_argument("--size", type=int, default=1024, help="side in pixels (default: 1024)")
    crop.add_argument("--keep-faceless", action="store_true", help="keep pictures without a face whole")
    add_faces(crop)


def _add_pick(verbs: AddParser) -> None:
    pick = _verb(verbs, "pick", "take the pictures that teach most out of many")
    pick.set_defaults(command=_pick)
    pick.add_argument("--count", type=int, default=30, help="how many to take (default: 30)")
    pick.add_argument("--baselines", nargs="+", default=[], metavar="NAME", help="up to three pictures")
    add_faces(pick)


def _add_mix(verbs: AddParser) -> None:
    mix = verbs("mix", help="join folders at a ratio")
    mix.set_defaults(command=_mix)
    mix.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    mix.add_argument("--shares", required=True, metavar="60/40", help="one number a folder")
    add_reading(mix)
    _add_target(mix)


def _add_save(verbs: AddParser) -> None:
    save = _verb(verbs, "save", "write pictures and captions for a trainer")
    save.set_defaults(command=_save)
    save.add_argument("--layout", choices=("kohya", "ai-toolkit", "json"), default="kohya")
    save.add_argument("--overwrite", action="store_true", help="replace pictures and captions that differ")


def _verb(verbs: AddParser, name: str, words: str) -> ArgumentParser:
    verb = verbs(name, help=words)
    verb.add_argument("folder", type=Path, metavar="FOLDER", help="folder of pictures with captions beside them")
    add_reading(verb)
    _add_target(verb)
    return verb


def _add_target(verb: ArgumentParser) -> None:
    verb.add_argument("--out", type=Path, required=True, help="folder for what is made")


def _check(options: Namespace) -> Figures:
    """Write report.txt, audit.json, sheet.png and coverage.png into `--out`."""
    dataset, faces = read(options, options.folder), face_reader(options)
    rules = Rules.at(options.resolution)
    with progress("checking") as report:
        done = audit(dataset, faces=faces, attributes=attribute_reader(faces), rules=rules, progress=report)
    write_text(options.out / "report.txt", done.text() + "\n")
    write_text(options.out / "audit.json", json.dumps(done.to_json(), indent=2, ensure_ascii=False) + "\n")
    write_picture(options.out / "sheet.png", draw_sheet(done))
    write_picture(options.out / "coverage.png", draw_coverage(done.coverage))
    sys.stdout.write(f"{done.text()}\n{(options.out / 'sheet.png').resolve()}\n")
    return {
        "verdict": done.verdict,
        **_counts(dataset),
        "verdicts": {name: done.verdicts.count(name) for name in ("ready", "attention", "blocked")},
        "reader": done.reader,
        "add_next": list(done.add_next),
        "sheet": str(options.out / "sheet.png"),
        "peak_mb": peak_mb(),
    }


def _crop(options: Namespace) -> Figures:
    """Write the crops as kohya folders into `<out>/dataset`, and their boxes on the originals into boxes.png."""
    dataset = read(options, options.folder)
    no_face = "keep whole" if options.keep_faceless else "leave out"
    face = FaceCrop(share=options.share, resolution=options.size, no_face=no_face)
    rule: FaceCrop | BodyCrop = face
    if options.mode == "body":
        rule = BodyCrop(resolution=options.size, smallest=options.size // 2, close_up=face, no_face=no_face)
    reader = required_face_reader(options)
    choice = choice_by(reader, named_baselines(dataset, options.baselines))
    with progress("cropping") as report:
        cropped = crop_dataset(dataset, rule, reader, options.out / ".crops", choice=choice, progress=report)
    with progress("saving") as report:
        folder = save_kohya(cropped.dataset, options.out / "dataset", progress=report)
    with progress("drawing") as report:
        write_picture(options.out / "boxes.png", draw_boxes(cropped, progress=report))
    name_left_out(cropped.left_out, "kept out: ")
    sys.stdout.write("\n".join((*cropped.texts, str((options.out / "boxes.png").resolve()))) + "\n")
    framing = cropped.framing
    return {
        **_counts(cropped.dataset),
        "kept_out": len(cropped.left_out),
        "face_share": framing and round(framing.share, 3),
        "face_share_spread": framing and round(framing.share_spread, 4),
        "reader": cropped.reader,
        "boxes": str(options.out / "boxes.png"),
        "folder": str(folder),
        "peak_mb": peak_mb(),
    }


def _pick(options: Namespace) -> Figures:
    """Write the picked pictures as kohya folders into `<out>/dataset`; left_out.txt says why the others stayed out."""
    dataset, faces = read(options, options.folder, held_out=0), face_reader(options)
    wanted = 0 if dataset.held_out else options.held_out
    with progress("picking") as report:
        picked = pick(
            dataset,
            options.count + wanted,
            faces=faces,
            attributes=attribute_reader(faces),
            baselines=named_baselines(dataset, options.baselines),
            progress=report,
        )
    chosen = picked.dataset.with_samples(hold_out(picked.dataset.samples, wanted)) if wanted else picked.dataset
    with progress("saving") as report:
        folder = save_kohya(chosen, options.out / "dataset", progress=report)
    write_text(options.out / "left_out.txt", "".join(f"{left.name}: {left.why}\n" for left in picked.left_out))
    write_picture(options.out / "coverage.png", draw_coverage(picked.coverage))
    sys.stdout.write(f"{picked.text}\n{(options.out / 'left_out.txt').resolve()}\n")
    return {
        **_counts(chosen),
        "reader": picked.reader,
        "coverage": str(options.out / "coverage.png"),
        "folder": str(folder),
        "peak_mb": peak_mb(),
    }


def _mix(options: Namespace) -> Figures:
    """Join folders at a ratio and write kohya folders into `--out`."""
    shares = parse_shares(options.shares)
    if len(shares) != len(options.folders):
        raise DatasetError(f"{len(options.folders)} folders need as many shares; --shares has {len(shares)}.")
    mixed = mix([read(options, folder) for folder in options.folders], shares)
    with progress("saving") as report:
        save_kohya(mixed.dataset, options.out, progress=report)
    sys.stdout.write("\n".join((mixed.sentence, *mixed.overlaps)) + "\n")
    return {**_counts(mixed.dataset), "shares": [round(share, 4) for share in mixed.shares], "folder": str(options.out)}


def _save(options: Namespace) -> Figures:
    """Write a dataset in a trainer's layout into `--out`."""
    dataset = read(options, options.folder)
    write = {"kohya": save_kohya, "ai-toolkit": save_aitoolkit, "json": save_json}[options.layout]
    with progress("saving") as report:
        path = write(dataset, options.out, overwrite=options.overwrite, progress=report)
    sys.stdout.write("".join(f"{sentence}\n" for sentence in told(dataset, options.out, options.layout)))
    return {**_counts(dataset), "layout": options.layout, "folder": str(path)}


def _counts(dataset: Dataset) -> dict[str, int]:
    return {
        "pictures": len(dataset.samples),
        "held_out": len(dataset.held_out),
        "presentations": sum(sample.repeats for sample in dataset.train),
        "left_out": len(dataset.left_out),
    }
