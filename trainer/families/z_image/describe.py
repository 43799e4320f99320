"""What a Z-Image file or folder holds, and everything that keeps it from being trained on."""

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
from .layout import INSIDE, TRANSFORMER, file_parts, root_of
from .shapes import CAPTION

BASE, TURBO = "z_image", "z_image_turbo"
_FOLDERS = ("transformer", "vae", "text_encoder")
_TURBO = re.compile(r"turbo", re.IGNORECASE)
_UNDONE = re.compile(r"de[-_ ]?(?:turbo|distill)", re.IGNORECASE)


def describe_file(path: Path, header: Header, given: Mapping[str, Path]) -> Base:
    """The base in a transformer's file and its companions; ModelError names what is missing or of another kind."""
    width = header.shapes[root_of(header.shapes) + CAPTION][1]
    refuse_layout(path, header)
    inside = {part for part, start in INSIDE.items() if any(name.startswith(start) for name in header.shapes)}
    parts = [part for part in parts_of(header) if part.name not in inside]
    companions = find_parts(path, parts, given)
    check_widths(path, companions, {QWEN: (QWEN_WORDS, width)})
    files = {CHECKPOINT if inside else TRANSFORMER: path, **companions}
    return Base(family=family_of(path.stem), name=path.stem, sha256=files_hash(files.values()), files=files)


def parts_of(header: Header) -> tuple[FilePart, ...]:
    """The companions of a transformer's file."""
    return file_parts(header.shapes[root_of(header.shapes) + CAPTION][1])


def describe_folder(folder: Path) -> Base:
    """The base in a folder of diffusers."""
    faults = [fault for part in _FOLDERS for fault in part_faults(folder, part)]
    faults += [] if (folder / "tokenizer").is_dir() else [f"{folder} lacks the folder tokenizer."]
    if faults:
        raise ModelError.all_of(faults)
    if read_json(folder / "transformer" / "config.json", ModelError).get("siglip_feat_dim"):
        raise ModelError(f"{folder} is Z-Image Omni or Edit, which is shown pictures. Choose Z-Image or Z-Image Turbo.")
    kept = sorted(path for part in _FOLDERS for path in weight_files(folder / part))
    return Base(family=family_of(folder.name), name=folder.name, sha256=files_sample(kept), files={FOLDER: folder})


def family_of(name: str) -> str:
    """Turbo has the base's own layers in every size: only its name tells. De-Turbo weights train as the base does."""
    return TURBO if _TURBO.search(name) and not _UNDONE.search(name) else BASE
