"""What a FLUX.1 file or folder holds, and everything that keeps it from being trained on."""

from collections.abc import Mapping
from pathlib import Path

from ...errors import ModelError
from ...storage.file_sample import files_sample
from ...storage.tensor_header import Header, read_header
from ...storage.values import read_json
from ..base import CHECKPOINT, FOLDER, Base
from ..clip_shapes import Shapes
from ..flow.folder import part_faults, weight_files
from ..flow.scaled import refuse_layout
from ..part_files import find_parts
from .layout import CLIP, FILE_PARTS, INSIDE, T5, TRANSFORMER, root_of
from .shapes import GUIDANCE

DEV, SCHNELL = "flux1", "flux1_schnell"

_CHANNELS = 64
_WIDER = {384: "FLUX.1 Fill (inpainting)", 128: "FLUX.1 Canny, Depth or another control model"}
_FOLDERS = ("transformer", "vae", "text_encoder", "text_encoder_2")


def describe_file(path: Path, header: Header, given: Mapping[str, Path]) -> Base:
    """The base in a transformer's file and its companions; ModelError names what is missing or of another kind."""
    root = root_of(header.shapes)
    shapes = {name.removeprefix(root): shape for name, shape in header.shapes.items() if name.startswith(root)}
    _check_transformer(path.name, shapes["img_in.weight"][1])
    refuse_layout(path.name, header)
    inside = {part for part, start in INSIDE.items() if any(name.startswith(start) for name in header.shapes)}
    # What is named by hand stands before what is inside.
    wanted = [part for part in FILE_PARTS if part.name not in inside or part.name in given]
    companions = find_parts(path, wanted, given)
    files = {CHECKPOINT if inside else TRANSFORMER: path, **companions}
    _check_companions(path, shapes, companions)
    family = DEV if GUIDANCE in shapes else SCHNELL
    kept = [each for place in files.values() for each in (sorted(place.iterdir()) if place.is_dir() else [place])]
    return Base(family=family, name=path.stem, sha256=files_sample(kept), files=files)


def describe_folder(folder: Path) -> Base:
    """The base in a folder of diffusers."""
    faults = [fault for part in _FOLDERS for fault in part_faults(folder, part)]
    faults += [f"{folder} lacks the folder {n}." for n in ("tokenizer", "tokenizer_2") if not (folder / n).is_dir()]
    if faults:
        raise ModelError.all_of(faults)
    config = read_json(folder / "transformer" / "config.json", ModelError)
    _check_transformer(str(folder), int(config.get("in_channels", _CHANNELS)))
    kept = sorted(path for part in _FOLDERS for path in weight_files(folder / part))
    family = SCHNELL if is_schnell(folder) else DEV
    return Base(family=family, name=folder.name, sha256=files_sample(kept), files={FOLDER: folder})


def is_schnell(folder: Path) -> bool:
    """Whether a folder's transformer hears no guidance; one without a config counts as dev."""
    config = folder / "transformer" / "config.json"
    return config.is_file() and not read_json(config, ModelError).get("guidance_embeds", False)


def _check_transformer(name: str, channels: int) -> None:
    if channels != _CHANNELS:
        what = _WIDER.get(channels, f"a FLUX.1 that takes {channels} channels")
        raise ModelError(f"{name} is {what}, which is shown a picture beside the noise. Choose FLUX.1 dev or schnell.")


def _check_companions(path: Path, shapes: Shapes, companions: Mapping[str, Path]) -> None:
    """ModelError for text encoders of other widths than the transformer reads, and for layouts that are not read."""
    wanted = {
        CLIP: ("text_model.embeddings.token_embedding.weight", shapes["vector_in.in_layer.weight"][1]),
        T5: ("shared.weight", shapes["txt_in.weight"][1]),
    }
    for part, place in companions.items():
        if not place.is_file():
            continue
        header = read_header(place)
        refuse_layout(place.name, header)
        name, width = wanted.get(part, ("", 0))
        found = header.shapes.get(name, (0, width))[1]
        if found != width:
            raise ModelError(
                f"{place.name} says {found} numbers a word, and {path.name} reads {width}. Choose FLUX.1's own text "
                "encoders."
            )
