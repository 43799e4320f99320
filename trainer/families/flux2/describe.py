"""What a FLUX.2 file or folder holds, and everything that keeps it from being trained on."""

import re
from collections.abc import Mapping
from pathlib import Path

from ...errors import ModelError
from ...storage.file_sample import files_sample
from ...storage.tensor_header import Header
from ...storage.values import read_json
from ..base import CHECKPOINT, FOLDER, Base
from ..flow.folder import part_faults, weight_files
from ..flow.part_kinds import QWEN, QWEN_WORDS, check_widths, files_hash
from ..flow.scaled import refuse_layout
from ..part_files import find_parts
from ..spec import FilePart
from .layout import TRANSFORMER, file_parts, inside_of, root_of
from .shapes import CAPTION, GUIDANCE
from .text import TAPS

KLEIN, DISTILLED = "flux2_klein", "flux2_klein_distilled"
_FOLDERS = ("transformer", "vae", "text_encoder")
_PLAIN = re.compile(r"klein[-_. ]?\d+b", re.IGNORECASE)
"""BFL call those that train well klein-base-4B, and the distilled ones klein-4B."""
_DEV = "is FLUX.2 dev (32 billion weights, read by Mistral), which has no trainer here. Choose FLUX.2 klein base."


def describe_file(path: Path, header: Header, given: Mapping[str, Path]) -> Base:
    """The base in a transformer's file and its companions; ModelError names what is missing or of another kind."""
    root = root_of(header.shapes)
    if root + GUIDANCE in header.shapes:
        raise ModelError(f"{path.name} {_DEV}")
    refuse_layout(path, header)
    context, inside = header.shapes[root + CAPTION][1], inside_of(header.shapes)
    parts = [part for part in parts_of(header) if part.name not in inside]
    companions = find_parts(path, parts, given)
    check_widths(path, companions, {QWEN: (QWEN_WORDS, context // len(TAPS))})
    files = {CHECKPOINT if inside else TRANSFORMER: path, **companions}
    family = DISTILLED if _PLAIN.search(path.stem) else KLEIN
    return Base(family=family, name=path.stem, sha256=files_hash(files.values()), files=files)


def parts_of(header: Header) -> tuple[FilePart, ...]:
    """The companions of a transformer's file."""
    return file_parts(header.shapes[root_of(header.shapes) + CAPTION][1])


def describe_folder(folder: Path) -> Base:
    """The base in a folder of diffusers."""
    faults = [fault for part in _FOLDERS for fault in part_faults(folder, part)]
    faults += [] if (folder / "tokenizer").is_dir() else [f"{folder} lacks the folder tokenizer."]
    if faults:
        raise ModelError.all_of(faults)
    if read_json(folder / "transformer" / "config.json", ModelError).get("guidance_embeds"):
        raise ModelError(f"{folder} {_DEV}")
    kept = sorted(path for part in _FOLDERS for path in weight_files(folder / part))
    family = DISTILLED if is_distilled(folder) else KLEIN
    return Base(family=family, name=folder.name, sha256=files_sample(kept), files={FOLDER: folder})


def is_distilled(folder: Path) -> bool:
    """Whether a folder says so of itself."""
    return bool(read_json(folder / "model_index.json", ModelError).get("is_distilled"))
