"""A run as one file to hand to whoever helps: what was set, what happened, what computed; no picture, and no word of
whose machine it was.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...runtime.versions import machine, process_settings, versions
from ...storage.atomic import write_atomically
from .bundle_parts import Asked, base_part, dataset_part, event_lines, recipe_part, scrubber_of
from .last_error import last_error
from .past_run import read_past_run
from .scrubber import Scrubber

_WHEN = (1980, 1, 1, 0, 0, 0)
"""The same run gives the same file, whenever it is packed."""
_README = """What this file holds

{files}
What it does not hold: pictures, LoRA weights, paths, names of folders, of the user or of the computer, tokens, and
values of environment variables. {names} {captions}
"""
_CONTENTS = {
    "recipe.json": "every setting of the run",
    "dataset.json": "each picture's size, part, repeats and findings, and how long its caption is",
    "base.json": "the base model: names of its files without their folders, and their hash",
    "events.jsonl": "losses, likeness and what else the run told, step by step",
    "plan.json": "time, disk and memory as they are planned",
    "versions.json": "versions of the packages, the system, the GPU, and switches of torch as they are now",
    "last_error.json": "what stopped the run last",
}


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Texts by file name, in the order in which they are shown."""

    files: Mapping[str, str] = field(default_factory=dict[str, str])

    def zipped(self) -> bytes:
        """One zip; of the same files always the same bytes."""
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as zipped:
            for name, text in self.files.items():
                zipped.writestr(zipfile.ZipInfo(name, _WHEN), text, zipfile.ZIP_DEFLATED)
        return data.getvalue()

    def save(self, path: Path) -> Path:
        """Whole or not at all; DiskError when the disk refuses."""
        write_atomically(path, self.zipped())
        return path

    @property
    def contents(self) -> list[dict[str, Any]]:
        """What is in it: name, bytes and a sentence each."""
        return [
            {"name": name, "bytes": len(text.encode()), "what": _CONTENTS.get(name, "what this file holds")}
            for name, text in self.files.items()
        ]


def bundle_of(
    folder: Path,
    asked: Asked | None = None,
    *,
    plan: Mapping[str, Any] | None = None,
    host: Mapping[str, str] | None = None,
) -> Bundle:
    """The bundle of the run in `folder`; RunError when there is none or it is damaged.

    `plan` are the plan's figures, `host` versions of what hosts this process, if anything does.
    """
    run, asked = read_past_run(folder), asked or Asked()
    scrubber = scrubber_of(run, asked)
    parts: dict[str, Any] = {
        "recipe.json": recipe_part(run, asked, scrubber),
        "dataset.json": dataset_part(run, asked, scrubber),
        "base.json": base_part(run, scrubber),
        "plan.json": {key: scrubber.json(value) for key, value in (plan or {}).items()},
        "versions.json": _versions(scrubber, host or {}),
        "last_error.json": _error(folder, scrubber),
    }
    texts = {name: json.dumps(data, indent=2, ensure_ascii=False) + "\n" for name, data in parts.items() if data}
    texts["events.jsonl"] = "".join(f"{line}\n" for line in event_lines(run, asked, scrubber))
    ordered = {name: texts[name] for name in _CONTENTS if name in texts}
    return Bundle(files={"README.txt": _readme(ordered, asked), **ordered})


def _versions(scrubber: Scrubber, host: Mapping[str, str]) -> dict[str, Any]:
    return {
        "packages": versions(),
        "host": scrubber.json(host),
        "machine": scrubber.json(machine()),
        "process": process_settings(),
    }


def _error(folder: Path, scrubber: Scrubber) -> dict[str, Any] | None:
    """Places in the code begin at their packages already."""
    told = last_error(folder)
    return told and {**told, "said": scrubber.text(str(told.get("said", "")))}


def _readme(files: Mapping[str, str], asked: Asked) -> str:
    held = "".join(f"  {name:16} {_CONTENTS[name]}\n" for name in files)
    names = (
        "Names of picture files are in it, as was asked." if asked.names else "Pictures have numbers in place of names."
    )
    captions = (
        "Captions and prompts are in it, as was asked." if asked.captions else "Captions and prompts are only counted."
    )
    return _README.format(files=held, names=names, captions=captions)
