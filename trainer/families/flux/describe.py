"""What a FLUX.1 file or folder holds, and everything that keeps it from being trained on."""

from collections.abc import Mapping
from pathlib import Path

from ...errors import ModelError
from ...storage.file_sample import files_sample
from ...storage.tensor_header import Header
from ...storage.values import read_json
from ..base import CHECKPOINT, FOLDER, Base
from ..clip_shapes import Shapes
from ..flow.folder import part_faults, weight_files
from ..flow.part_kinds import check_widths, files_hash
from ..flow.scaled import refuse_layout
from ..part_files import find_parts
from .layout import CLIP, FILE_PARTS, INSIDE, T5, TRANSFORMER, root_of
from .shapes import GUIDANCE

DEV, SCHNELL, UNDISTILLED = "flux1", "flux1_schnell", "flux1_undistilled"
TEXT_FOLDER = "text"
"""The part of `Base.files` whose text encoders and tokenizers a folder that has none of its own is used with."""

_CHANNELS = 64
_WIDER = {384: "FLUX.1 Fill (inpainting)", 128: "FLUX.1 Canny, Depth or another control model"}
_FOLDERS, _TEXT_FOLDERS = ("transformer", "vae"), ("text_encoder", "text_encoder_2")


def describe_file(path: Path, header: Header, given: Mapping[str, Path]) -> Base:
    """The base in a transformer's file and its companions; ModelError names what is missing or of another kind."""
    root = root_of(header.shapes)
    shapes = {name.removeprefix(root): shape for name, shape in header.shapes.items() if name.startswith(root)}
    _check_transformer(path.name, shapes["img_in.weight"][1])
    refuse_layout(path, header)
    inside = {part for part, start in INSIDE.items() if any(name.startswith(start) for name in header.shapes)}
    # What is named by hand stands before what is inside.
    wanted = [part for part in FILE_PARTS if part.name not in inside or part.name in given]
    companions = find_parts(path, wanted, given)
    files = {CHECKPOINT if inside else TRANSFORMER: path, **companions}
    check_widths(path, companions, _widths(shapes))
    family = DEV if GUIDANCE in shapes else SCHNELL
    return Base(family=family, name=path.stem, sha256=files_hash(files.values()), files=files)


def describe_folder(folder: Path, text: Path | None = None) -> Base:
    """The base in a folder of diffusers; `text` is another one whose text encoders and tokenizers it is used with."""
    places = {part: folder for part in _FOLDERS} | {part: text or folder for part in _TEXT_FOLDERS}
    faults = [fault for part, place in places.items() for fault in part_faults(place, part)]
    tokenizers = ("tokenizer", "tokenizer_2")
    faults += [f"{text or folder} lacks the folder {n}." for n in tokenizers if not ((text or folder) / n).is_dir()]
    if faults:
        raise ModelError.all_of(faults)
    config = read_json(folder / "transformer" / "config.json", ModelError)
    _check_transformer(str(folder), int(config.get("in_channels", _CHANNELS)))
    # By part: sorted by path, the hash would change with the place of either folder.
    kept = [path for part, place in sorted(places.items()) for path in weight_files(place / part)]
    files = {FOLDER: folder} if text is None else {FOLDER: folder, TEXT_FOLDER: text}
    return Base(family=folder_family(folder), name=folder.name, sha256=files_sample(kept), files=files)


def folder_family(folder: Path) -> str:
    """By the transformer's config, without which it counts as dev, and by `is_distilled` in the pipeline's, diffusers'
    word with FLUX.2 klein."""
    config = folder / "transformer" / "config.json"
    if not config.is_file() or read_json(config, ModelError).get("guidance_embeds", False):
        return DEV
    is_distilled = read_json(folder / "model_index.json", ModelError).get("is_distilled", True)
    return SCHNELL if is_distilled else UNDISTILLED


def _check_transformer(name: str, channels: int) -> None:
    if channels != _CHANNELS:
        what = _WIDER.get(channels, f"a FLUX.1 that takes {channels} channels")
        raise ModelError(f"{name} is {what}, which is shown a picture beside the noise. Choose FLUX.1 dev or schnell.")


def _widths(shapes: Shapes) -> Mapping[str, tuple[str, int]]:
    """By text encoder, the tensor whose rows are as wide as the transformer reads words."""
    return {
        CLIP: ("text_model.embeddings.token_embedding.weight", shapes["vector_in.in_layer.weight"][1]),
        T5: ("shared.weight", shapes["txt_in.weight"][1]),
    }
