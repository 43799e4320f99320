"""An identity as a file: faces, what encoders said, tokens by adapter. Used again it needs no face model.

Tensors beside a JSON of their meaning in the metadata entry `likeness.identity`:

- `faces` (n, d) fp32, as the network of `face_model` gave them
- `features.<encoder>.<pooled | hidden | blank | levels.0 …>`, fp16 but for `pooled`
- `tokens.<number>.<conditional | unconditional>` fp32, by the list `tokens` of the JSON

The JSON has where the likest picture's face lies, too. Pictures are not in the file.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from ..errors import ModelError
from ..storage.tensor_file import serialise
from ..storage.tensor_header import Header, read_header
from ..storage.values import json_value
from .identity import Identity, TokenKey
from .pictures import LONGEST, FaceMark
from .presets import IDENTITY_ENDING
from .references import References, Tokens

_ENTRY = "likeness.identity"
_VERSION = 1
_MOST_BYTES = 2 << 30


def identity_bytes(identity: Identity) -> bytes:
    """The whole file, the same bytes each time; ModelError where there is nothing to keep."""
    if identity.faces is None and not identity.features and not identity.tokens:
        raise ModelError(
            "There is nothing to save of this identity yet: no face was read, and no adapter has looked at its "
            "pictures. Wire the adapter into Read face."
        )
    keys = list(identity.tokens)
    tensors: dict[str, Tensor] = {} if identity.faces is None else {"faces": identity.faces.float()}
    for name, seen in identity.features.items():
        tensors |= {f"features.{name}.{part}": tensor for part, tensor in _parts(seen)}
    for number, key in enumerate(keys):
        tensors[f"tokens.{number}.conditional"] = identity.tokens[key].conditional.float()
        tensors[f"tokens.{number}.unconditional"] = identity.tokens[key].unconditional.float()
    said = {
        "version": _VERSION,
        "face_model": identity.face_model,
        "of": identity.of,
        "source": identity.source,
        "tokens": [asdict(key) for key in keys],
        "mark": None if identity.mark is None else asdict(identity.mark),
    }
    return serialise(tensors, {_ENTRY: json.dumps(said, ensure_ascii=False, sort_keys=True)})


def read_identity_file(path: Path) -> Identity:
    """ModelError says what else the file is, which version wrote it, or what is broken in it."""
    said = _said(path, read_header(path))
    tensors = _tensors(path)
    try:
        keys = [TokenKey(**{name: str(value) for name, value in row.items()}) for row in said["tokens"]]
        tokens = {key: _tokens(tensors, number) for number, key in enumerate(keys)}
        return Identity(
            faces=tensors.get("faces"),
            face_model=str(said["face_model"]),
            features=_features(tensors),
            tokens=tokens,
            mark=_mark(said["mark"]),
            source=str(said["source"]),
            of=str(said["of"]),
        )
    except (LookupError, ArithmeticError, TypeError, ValueError, AttributeError) as fault:
        raise ModelError(f"{path.name} is a broken identity file ({fault}); make it anew with Read face.") from fault


def source_of(path: Path) -> str | None:
    """Of which pictures a file is; None where it is no identity file."""
    try:
        return str(_said(path, read_header(path)).get("source", ""))
    except (ModelError, OSError):
        return None


def _said(path: Path, header: Header) -> dict[str, Any]:
    text = header.metadata.get(_ENTRY)
    if text is None:
        what = "a LoRA" if any(".lora_" in name or "lora_" in name for name in header.shapes) else "another file"
        raise ModelError(
            f"{path.name} is {what}, not an identity; Read face makes one, {IDENTITY_ENDING[1:]} by its ending."
        )
    try:
        said = cast(dict[str, Any], json_value(text))
        version = int(said["version"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as fault:
        raise ModelError(f"{path.name} is a broken identity file; make it anew with Read face.") from fault
    if version > _VERSION:
        raise ModelError(f"{path.name} is of version {version}, newer than this pack reads; update the pack.")
    return said


def _mark(row: Mapping[str, Any] | None) -> FaceMark | None:
    if row is None:
        return None
    wide, high = (int(side) for side in row["size"])
    points = tuple((float(x), float(y)) for x, y in row["points"])
    if not (
        0 < wide <= LONGEST and 0 < high <= LONGEST and all(isfinite(place) for point in points for place in point)
    ):
        raise ValueError(f"a face in a picture of {wide} x {high}")
    return FaceMark(size=(wide, high), points=points)


def _tokens(tensors: Mapping[str, Tensor], number: int) -> Tokens:
    sides = [tensors[f"tokens.{number}.{side}"] for side in ("conditional", "unconditional")]
    if any(side.ndim != 3 or not side.numel() for side in sides):
        raise ValueError(f"tokens {tuple(sides[0].shape)} and {tuple(sides[1].shape)}")
    return Tokens(*sides)


def _tensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors import torch as safetensors

    library: Any = safetensors
    if path.stat().st_size > _MOST_BYTES:
        raise ModelError(f"{path.name} is too large for an identity; make it anew with Read face.")
    try:
        tensors = {name: tensor.float() for name, tensor in library.load_file(path).items()}
    except SafetensorError as fault:
        raise ModelError(f"{path.name} is a broken identity file ({fault}); make it anew with Read face.") from fault
    faces = tensors.get("faces")
    if faces is not None and (faces.ndim != 2 or not len(faces)):
        raise ModelError(f"{path.name} is a broken identity file (faces {tuple(faces.shape)}); make it anew.")
    if odd := next((name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())), None):
        raise ModelError(f"{path.name} holds no numbers in {odd}; make it anew with Read face.")
    return tensors


def _parts(seen: References) -> Iterator[tuple[str, Tensor]]:
    if seen.pooled is not None:
        yield "pooled", seen.pooled.float()
    for name, tensor in (("hidden", seen.hidden), ("blank", seen.blank)):
        if tensor is not None:
            yield name, tensor.half()
    yield from ((f"levels.{number}", tensor.half()) for number, tensor in enumerate(seen.levels))


def _features(tensors: Mapping[str, Tensor]) -> dict[str, References]:
    found: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("features."):
            _, encoder, part = name.split(".", 2)
            found.setdefault(encoder, {})[part] = tensor
    return {encoder: _references(parts) for encoder, parts in found.items()}


def _references(parts: Mapping[str, Tensor]) -> References:
    count = sum(name.startswith("levels.") for name in parts)
    levels: Sequence[Tensor] = [parts[f"levels.{number}"] for number in range(count)]
    return References(
        pooled=parts.get("pooled"), hidden=parts.get("hidden"), blank=parts.get("blank"), levels=tuple(levels)
    )
