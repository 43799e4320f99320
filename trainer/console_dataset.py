"""What the `dataset` command shows and writes: a bar while pictures are worked through, then pictures and figures."""

import argparse
import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from .dataset.dataset import Dataset
from .errors import DatasetError, FaceError
from .faces.face import AttributeReader, FaceReader
from .images.alpha import Alpha
from .runtime.peak import peak_mb
from .storage.atomic import write_atomically

_console = Console(stderr=True)
Tell = Callable[[int, int, str], None]


@contextmanager
def told(what: str) -> Generator[Tell]:
    """A bar named `what` that the yielded function moves."""
    note = TextColumn("{task.fields[note]}", markup=False)
    columns = (TextColumn("{task.description:>12}"), BarColumn(), MofNCompleteColumn(), note)
    with Progress(*columns, console=_console) as progress:
        task = progress.add_task(what, total=None, note="")
        yield lambda done, total, note: progress.update(task, completed=done, total=total, note=note[-40:])


def follow_check(options: argparse.Namespace) -> dict[str, Any]:
    """Write report.txt, audit.json, sheet.png and coverage.png into `--out`."""
    from .dataset.audit.audit import audit
    from .dataset.audit.sheet import draw_sheet
    from .dataset.checks.rules import Rules
    from .dataset.coverage.picture import draw_coverage

    dataset, eyes = read(options, options.folder), eyes_of(options)
    rules = Rules.at(options.resolution)
    with told("checking") as tell:
        done = audit(dataset, faces=eyes, attributes=attributes_of(eyes), rules=rules, progress=tell)
    _write(options.out / "report.txt", done.text() + "\n")
    _write(options.out / "audit.json", json.dumps(done.to_json(), indent=2, ensure_ascii=False) + "\n")
    _draw(options.out / "sheet.png", draw_sheet(done))
    _draw(options.out / "coverage.png", draw_coverage(done.coverage))
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


def follow_crop(options: argparse.Namespace) -> dict[str, Any]:
    """Write the crops as kohya folders into `<out>/dataset`, and their boxes on the originals into boxes.png."""
    from .dataset.crop.crop import BodyCrop, FaceCrop, crop_dataset
    from .dataset.crop.picture import draw_boxes
    from .dataset.files.save import save_kohya

    dataset = read(options, options.folder)
    no_face = "keep whole" if options.keep_faceless else "leave out"
    face = FaceCrop(share=options.share, resolution=options.size, no_face=no_face)
    rule: FaceCrop | BodyCrop = face
    if options.mode == "body":
        rule = BodyCrop(resolution=options.size, smallest=options.size // 2, close_up=face, no_face=no_face)
    with told("cropping") as tell:
        cropped = crop_dataset(dataset, rule, reader_of(options), options.out / ".crops", progress=tell)
    with told("saving") as tell:
        folder = save_kohya(cropped.dataset, options.out / "dataset", progress=tell)
    with told("drawing") as tell:
        _draw(options.out / "boxes.png", draw_boxes(cropped, progress=tell))
    for left in cropped.left_out:
        _console.print(
            f"kept out: {left.name}: {left.why}", style="yellow", highlight=False, soft_wrap=True, markup=False
        )
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


def follow_pick(options: argparse.Namespace) -> dict[str, Any]:
    """Write the picked pictures as kohya folders into `<out>/dataset`; left_out.txt says why the others stayed out."""
    from .dataset.coverage.picture import draw_coverage
    from .dataset.files.save import save_kohya
    from .dataset.pick.baselines import named_baselines
    from .dataset.pick.pick import pick
    from .dataset.split import hold_out

    dataset, eyes = read(options, options.folder, held_out=0), eyes_of(options)
    wanted = 0 if dataset.held_out else options.held_out
    with told("picking") as tell:
        picked = pick(
            dataset,
            options.count + wanted,
            faces=eyes,
            attributes=attributes_of(eyes),
            baselines=named_baselines(dataset, options.baselines),
            progress=tell,
        )
    chosen = picked.dataset.with_samples(hold_out(picked.dataset.samples, wanted)) if wanted else picked.dataset
    with told("saving") as tell:
        folder = save_kohya(chosen, options.out / "dataset", progress=tell)
    _write(options.out / "left_out.txt", "".join(f"{left.name}: {left.why}\n" for left in picked.left_out))
    _draw(options.out / "coverage.png", draw_coverage(picked.coverage))
    sys.stdout.write(f"{picked.text}\n{(options.out / 'left_out.txt').resolve()}\n")
    return {
        **_counts(chosen),
        "reader": picked.reader,
        "coverage": str(options.out / "coverage.png"),
        "folder": str(folder),
        "peak_mb": peak_mb(),
    }


def follow_mix(options: argparse.Namespace) -> dict[str, Any]:
    """Join folders at a ratio and write kohya folders into `--out`."""
    from .dataset.files.save import save_kohya
    from .dataset.mix import mix
    from .dataset.ratio import parse_shares

    shares = parse_shares(options.shares)
    if len(shares) != len(options.folders):
        raise DatasetError(f"{len(options.folders)} folders need as many shares; --shares has {len(shares)}.")
    mixed = mix([read(options, folder) for folder in options.folders], shares)
    with told("saving") as tell:
        save_kohya(mixed.dataset, options.out, progress=tell)
    sys.stdout.write("\n".join((mixed.sentence, *mixed.overlaps)) + "\n")
    return {**_counts(mixed.dataset), "shares": [round(share, 4) for share in mixed.shares], "folder": str(options.out)}


def follow_save(options: argparse.Namespace) -> dict[str, Any]:
    """Write a dataset in a trainer's layout into `--out`."""
    from .dataset.files.save import save_aitoolkit, save_json, save_kohya

    dataset = read(options, options.folder)
    write = {"kohya": save_kohya, "ai-toolkit": save_aitoolkit, "json": save_json}[options.layout]
    with told("saving") as tell:
        path = write(dataset, options.out, overwrite=options.overwrite, progress=tell)
    return {**_counts(dataset), "layout": options.layout, "folder": str(path)}


def read(options: argparse.Namespace, folder: Path, *, held_out: int | None = None) -> Dataset:
    """The dataset in `folder` as the options say; files left out are named on the console."""
    from .dataset.files.folder import read_dataset

    alpha = Alpha(matte="grey", masked=True) if options.alpha == "mask" else Alpha(matte=options.alpha)
    with told("reading") as tell:
        dataset = read_dataset(
            folder,
            trigger=options.trigger,
            subject=options.subject,
            held_out=options.held_out if held_out is None else held_out,
            recursive=options.recursive,
            alpha=alpha,
            progress=tell,
        )
    for left in dataset.left_out:
        _console.print(f"left out: {left.why}", style="yellow", highlight=False, soft_wrap=True, markup=False)
    return dataset


def eyes_of(options: argparse.Namespace) -> FaceReader | None:
    """The reader asked for; with `auto` None where no reader is ready, and the console says what is missing."""
    if options.faces == "none":
        return None
    try:
        return reader_of(options)
    except FaceError as fault:
        if options.faces != "auto":
            raise
        _console.print(f"Faces are not read. {fault}", style="yellow", highlight=False, soft_wrap=True, markup=False)
        return None


def reader_of(options: argparse.Namespace) -> FaceReader:
    """The reader asked for; FaceError says what it lacks."""
    from .demo.reader import register_demo_reader
    from .faces.registry import FaceFolders, open_reader

    register_demo_reader()
    folders = tuple(options.models)
    return open_reader(options.faces, FaceFolders(insightface=folders, opencv=folders), options.device)


def attributes_of(eyes: FaceReader | None) -> AttributeReader | None:
    """The demo's reader reads expressions and clothes as well."""
    return cast(AttributeReader, eyes) if hasattr(eyes, "slots") else None


def _counts(dataset: Dataset) -> dict[str, int]:
    return {
        "pictures": len(dataset.samples),
        "held_out": len(dataset.held_out),
        "presentations": sum(sample.repeats for sample in dataset.train),
        "left_out": len(dataset.left_out),
    }


def _write(path: Path, text: str) -> None:
    write_atomically(path, text.encode())


def _draw(path: Path, picture: Image.Image) -> None:
    import io

    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    write_atomically(path, buffer.getvalue())
