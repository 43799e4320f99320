"""Which adapters and image encoders lie on this machine: found by the names that their authors gave them, and encoders
by what their headers show."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelError
from ..storage.tensor_header import Header, read_header
from .kinds import KINDS, AdapterKind, ImageEncoder
from .presets import ADAPTER_FOLDERS, BY_DEFAULT, ENCODER_FOLDERS, ENCODERS, PRESETS

Folders = Mapping[str, Sequence[Path]]
"""Roots by the name of the kind of folder, as the host has them."""
_SUFFIXES = (".safetensors", ".bin", ".pt")
_DEPTH = 3
_CLIP_KEYS = ("vision_model.embeddings.class_embedding", "visual.class_embedding")
"""In transformers' layout and in OpenCLIP's."""
_CLIP_WIDTHS: Mapping[int, ImageEncoder] = {1280: "clip_vit_h", 1664: "clip_vit_bigg", 1024: "clip_vit_l"}


@dataclass(frozen=True, kw_only=True)
class AdapterFile:
    """An adapter's file of a kind, for a family; "" for both where only opening it tells."""

    path: Path
    kind: str = ""
    family: str = ""


def weight_files(roots: Sequence[Path]) -> list[Path]:
    """Files of weights in the folders and three levels below, by name."""
    return sorted(path for root in roots for path in _below(root, _DEPTH))


def _below(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = list(folder.iterdir())
    except OSError:
        return
    for path in entries:
        if path.is_dir():
            if depth and not path.name.startswith("."):
                yield from _below(path, depth - 1)
        elif path.suffix.lower() in _SUFFIXES:
            yield path


def named_files(kind: str, folders: Folders) -> list[AdapterFile]:
    """A kind's files, one a family that there is one for."""
    found: list[AdapterFile] = []
    for preset in PRESETS:
        if preset.kind != kind:
            continue
        files = weight_files(folders.get(preset.folder, ()))
        path = next((file for file in files if re.fullmatch(preset.pattern, file.name.lower())), None)
        if path is not None:
            found.append(AdapterFile(path=path, kind=kind, family=preset.family))
    return found


def found_files(folders: Folders) -> list[AdapterFile]:
    """Those that bring a face, family by family in the order in which `auto` takes them."""
    named = {kind: named_files(kind, folders) for kinds in BY_DEFAULT.values() for kind in kinds}
    return [
        file for family, kinds in BY_DEFAULT.items() for kind in kinds for file in named[kind] if file.family == family
    ]


def missing_adapter(kind: AdapterKind, family: str = "") -> str:
    """Which file a kind needs and where it goes, with its terms."""
    wanted = [preset for preset in PRESETS if preset.kind == kind.name and family in ("", preset.family)]
    if not wanted:
        return f"{kind.title} is not made for this model; choose another adapter, or auto."
    names = " or ".join(f"{preset.name} of {preset.source}" for preset in wanted)
    place = ADAPTER_FOLDERS[wanted[0].folder]
    return (
        f"{kind.title} is not here: put {names} into models/{place} and press R ({kind.licence}: {kind.why_licence})."
    )


def encoder_file(encoder: str, folders: Folders) -> Path:
    """The file of an image encoder; ModelError names it, its place and its terms, and what lies there instead."""
    files = weight_files([root for name in ENCODER_FOLDERS for root in folders.get(name, ())])
    kinds = {path: encoder_of(path) for path in files}
    found = next((path for path, kind in kinds.items() if kind == encoder), None)
    if found is not None:
        return found
    wanted = ENCODERS[encoder]
    others = sorted({ENCODERS[kind].title for kind in kinds.values() if kind})
    instead = f" What is there is {' and '.join(others)}, whose numbers mean something else." if others else ""
    raise ModelError(
        f"The image encoder {wanted.title} is not here: put {wanted.name} of {wanted.source} ({wanted.licence}) into "
        f"models/clip_vision.{instead}"
    )


def encoder_of(path: Path) -> ImageEncoder:
    """Which encoder a file is, "" for any other: by its header, and of what has none, by its name."""
    name = path.name.lower()
    if "eva02" in name and "clip_l" in name and "336" in name:
        return "eva02_clip_l"
    if path.suffix.lower() != ".safetensors":
        return ""
    try:
        return _shown(read_header(path))
    except (ModelError, OSError, IndexError):
        return ""


def _shown(header: Header) -> ImageEncoder:
    shapes = header.shapes
    if any(key.endswith("vision_model.head.probe") and shapes[key][-1] == 1152 for key in shapes):
        return "siglip_so400m"
    if key := next((key for key in _CLIP_KEYS if key in shapes), ""):
        return _CLIP_WIDTHS.get(shapes[key][-1], "")
    return "eva02_clip_l" if any(key.endswith("blocks.0.attn.inner_attn_ln.weight") for key in shapes) else ""


def kind_titled(title: str) -> AdapterKind | None:
    """The kind that people call so."""
    return next((kind for kind in KINDS.values() if kind.title == title), None)
