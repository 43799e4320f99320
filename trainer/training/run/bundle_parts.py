"""What a bundle tells of a run's settings, dataset, base and events, with nothing in it that is anybody's own."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from ...dataset.sample import Sample
from .events import Event, Finished, PicturesWatched, Sampled, Saved, Stepped, event_json
from .past_run import PastRun
from .scrubber import Scrubber
from .this_machine import scrubber_of_this_machine

_MOST_STEPS = 2000
_NUMBERED = re.compile(r"picture-\d+")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the user allows in beside the usual: names of the picture files, and captions with prompts and trigger."""

    names: bool = False
    captions: bool = False


def scrubber_of(run: PastRun, asked: Asked) -> Scrubber:
    """Knows the run's places, and gives every picture a number in place of its name."""
    base, dataset = [*run.base.files.values()], run.dataset
    places = [run.folder.absolute(), dataset.root, *(path.parent for path in base)]
    places += [sample.path.parent for sample in dataset.samples]
    names: dict[str, str] = {run.folder.name: "the-run"}
    if not asked.captions:
        names |= {dataset.trigger: "the-trigger"}
    if not asked.names:
        for number, sample in enumerate(dataset.samples, 1):
            names |= {name: _numbered(number) for name in _names(sample.path)}
    return scrubber_of_this_machine(places, names)


def _names(path: PurePath) -> Iterator[str]:
    """The file's name, and without its ending where that is no mere number."""
    yield path.name
    if not re.fullmatch(r"[\d_.-]*", path.stem):
        yield path.stem


def _numbered(number: int) -> str:
    return f"picture-{number}"


def recipe_part(run: PastRun, asked: Asked, scrubber: Scrubber) -> dict[str, Any]:
    """Its words are its own choices, but for the prompts."""
    data = run.recipe.to_json()
    prompts = data["output"]["samples"]
    shown = [scrubber.text(prompt) if asked.captions else f"left out, {_length(prompt)}" for prompt in prompts]
    data["output"]["samples"] = shown
    return data


def dataset_part(run: PastRun, asked: Asked, scrubber: Scrubber) -> dict[str, Any]:
    dataset = run.dataset
    first = {sample.sha256: number for number, sample in reversed([*enumerate(dataset.samples, 1)])}
    words = {"trigger": dataset.trigger, "subject": dataset.subject} if asked.captions else {}
    rows = [
        {
            **_picture(number, sample, asked, scrubber),
            **({"same_pixels_as": first[sample.sha256]} if first[sample.sha256] != number else {}),
        }
        for number, sample in enumerate(dataset.samples, 1)
    ]
    return {**scrubber.json(words), "left_out": len(dataset.left_out), "pictures": rows}


def _picture(number: int, sample: Sample, asked: Asked, scrubber: Scrubber) -> dict[str, Any]:
    captions = [scrubber.text(each) if asked.captions else _length(each) for each in sample.captions]
    return {
        "number": number,
        **({"name": scrubber.text(sample.path.name)} if asked.names else {}),
        "kind": sample.path.suffix.lower(),
        "size": [sample.width, sample.height],
        "captions": captions,
        "author": sample.author,
        "origin": sample.origin,
        "part": sample.split,
        "repeats": sample.repeats,
        "masked": sample.masked or sample.mask is not None,
        "likeness": sample.likeness.value if sample.likeness else None,
        "findings": [[finding.check, finding.level, finding.value] for finding in sample.findings],
        "waived": list(sample.waived),
    }


def _length(words: str) -> str:
    return f"{len(words.split())} words, {len(words)} letters"


def base_part(run: PastRun, scrubber: Scrubber) -> dict[str, Any]:
    base = run.base
    files = {part: scrubber.text(path.name) for part, path in base.files.items()}
    return {"family": base.family, "sha256": base.sha256, "predicts": base.predicts, "files": files}


def event_lines(run: PastRun, asked: Asked, scrubber: Scrubber) -> Iterator[str]:
    """A line each; of very many steps some at even distances."""
    steps = [event.step for event in run.events if isinstance(event, Stepped)]
    every = -(-len(steps) // _MOST_STEPS)
    kept = {*steps[::every], *steps[-1:]} if steps else set[int]()
    for event in run.events:
        if not isinstance(event, Stepped) or event.step in kept:
            yield json.dumps(_told(event, run.folder, asked, scrubber), ensure_ascii=False)


def _told(event: Event, folder: Path, asked: Asked, scrubber: Scrubber) -> dict[str, Any]:
    data = event_json(event, folder)
    kind = data.pop("event")
    if isinstance(event, Sampled):
        data["paths"] = len(event.paths)
    elif isinstance(event, Finished):
        data["checkpoints"] = len(event.checkpoints)
    elif isinstance(event, Saved):
        del data["path"]
    told = {"event": kind, **{key: scrubber.json(value) for key, value in data.items()}}
    if isinstance(event, PicturesWatched) and not asked.names:
        told["names"] = [name if _NUMBERED.fullmatch(name) else "a picture" for name in told["names"]]
    return told
