"""`--adapter` and `--identity`: the identity adapter that a command draws with, and whom it brings."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import FaceError, ModelError

if TYPE_CHECKING:
    from ..faces.face import FaceReader
    from ..families.base import Base
    from ..scoring.balance.companion import Adapted


def add_identity(verb: ArgumentParser) -> None:
    verb.add_argument("--adapter", type=Path, help="the adapter's file (default on the demo base: the demo adapter)")
    verb.add_argument("--kind", default="", help="what the adapter is, where its keys leave that open")
    verb.add_argument(
        "--identity",
        type=Path,
        help="whom it brings: a saved identity, a picture, or a folder of them (default: what the run trained on)",
    )


def adapted_of(options: Namespace, base: "Base", train: Sequence[Path], out: Path) -> "Adapted":
    """The adapter with its identity, kept under `out`; `train` are the pictures where none are given."""
    from ..identity.files import open_adapter
    from ..identity.from_files import identity_of_files
    from ..identity.installed import encoder_file
    from ..identity.presets import ENCODER_FOLDERS
    from ..scoring.balance.companion import adapted
    from .folder import naming_models

    adapter = open_adapter(_adapter(options, base), options.kind)
    paths = list(train) if options.identity is None else _identity(options.identity)
    folders = {name: tuple(options.models) for name in ENCODER_FOLDERS}
    with naming_models():
        identity = identity_of_files(paths, adapter.kind, lambda model: _reader(options, model))
        return adapted(adapter, identity, lambda encoder: encoder_file(encoder, folders), out)


def _adapter(options: Namespace, base: "Base") -> Path:
    from ..demo.assets import demo_adapter, demo_family

    if options.adapter is not None:
        return options.adapter
    if demo_family(base) is None:
        raise ModelError("Say with --adapter which identity adapter's file is to be used beside the LoRA.")
    return demo_adapter()


def _identity(path: Path) -> list[Path]:
    from ..dataset.files.folder import read_dataset
    from ..identity.presets import IDENTITY_ENDING

    if path.name.endswith(IDENTITY_ENDING) or path.is_file():
        return [path]
    return [sample.path for sample in read_dataset(path).samples]


def _reader(options: Namespace, face_model: str) -> "FaceReader":
    """That of the face model, "" for any; FaceError where it is not here."""
    from ..demo.assets import demo_reader
    from ..faces.registry import FaceFolders, open_reader
    from .folder import face_reader

    if face_model == "demo":
        return demo_reader()
    if face_model:
        return open_reader(face_model, FaceFolders(insightface=tuple(options.models)), options.device)
    reader = face_reader(options)
    if reader is None:
        raise FaceError("No face reader is ready.")
    return reader
