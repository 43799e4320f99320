"""Identity adapters, their encoders and saved identities in the host's folders: found, listed, published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import folder_paths

from ...trainer.errors import ModelError, RunError, shortened
from ...trainer.identity.presets import ADAPTER_FOLDERS, ENCODER_FOLDERS, IDENTITY_ENDING
from .folders import unlinked
from .model_folders import face_folders
from .published import publish

if TYPE_CHECKING:
    from ...trainer.identity.identity import Identity
    from ...trainer.identity.installed import Folders

_FOLDER = "likeness"
OF_ADAPTER = "is_of_identity_adapter"
"""What a weight patch is marked by that an adapter's file brings (FaceID): it is no LoRA of the user's."""
_READABLE = (".safetensors", ".bin")


def adapter_folders() -> Folders:
    """The host's folders of adapters, registered where no pack has, and of the encoders that they look through."""
    for name, place in ADAPTER_FOLDERS.items():
        if name not in folder_paths.folder_names_and_paths:
            folder_paths.add_model_folder_path(name, str(Path(folder_paths.models_dir) / place))
    known = [name for name in (*ADAPTER_FOLDERS, *ENCODER_FOLDERS) if name in folder_paths.folder_names_and_paths]
    return {name: tuple(Path(folder) for folder in folder_paths.get_folder_paths(name)) for name in known}


def adapter_files() -> list[str]:
    """Files of adapters by folder and name, as `pulid/pulid_flux_v0.9.1.safetensors`."""
    from ...trainer.identity.installed import weight_files

    folders = adapter_folders()
    return [
        f"{name}/{path.relative_to(root).as_posix()}"
        for name in ADAPTER_FOLDERS
        for root in folders[name]
        for path in weight_files([root])
        if path.suffix.lower() in _READABLE
    ]


def installed_files() -> list[tuple[str, int, int]]:
    """Adapters, encoders and face models as they lie there now: path, bytes and nanoseconds of the last change."""
    from ...trainer.identity.installed import weight_files

    roots = dict.fromkeys(root for roots in adapter_folders().values() for root in roots)
    faces = [path for root in face_folders().insightface for path in sorted(root.rglob("*.onnx"))]
    stats = [(path, path.stat()) for path in (*weight_files(list(roots)), *faces) if path.is_file()]
    return [(path.as_posix(), stat.st_size, stat.st_mtime_ns) for path, stat in stats]


def adapter_path(choice: str) -> Path:
    """The file that a choice of `adapter_files` names; ModelError for any other."""
    name, _, inside = choice.partition("/")
    for root in adapter_folders().get(name, ()) if name in ADAPTER_FOLDERS else ():
        path = root / inside
        if path.is_file() and folder_paths.is_within_directory(str(root), str(path)):
            return path
    raise ModelError(no_adapter(choice))


def no_adapter(choice: str) -> str:
    """That there is no file of this choice, and where it would lie."""
    name, _, inside = choice.partition("/")
    places = f"models/{ADAPTER_FOLDERS[name]}" if name in ADAPTER_FOLDERS else ""
    into = places or f"one of models/{', models/'.join(ADAPTER_FOLDERS.values())}"
    file = shortened(inside) if places and inside else "its file"
    return f"There is no adapter {shortened(choice)!r}: choose another, or put {file} into {into} and press R."


def identity_files() -> list[str]:
    """Saved identities, by their names in the loras folders."""
    roots = [Path(root) for root in folder_paths.get_folder_paths("loras")]
    found = [path.relative_to(root).as_posix() for root in roots for path in sorted(root.rglob(f"*{IDENTITY_ENDING}"))]
    return list(dict.fromkeys(found))


def identity_path(choice: str) -> Path:
    """Where a saved identity lies; ModelError for any other name."""
    for root in folder_paths.get_folder_paths("loras"):
        path = Path(root) / choice
        if (
            choice.endswith(IDENTITY_ENDING)
            and path.is_file()
            and folder_paths.is_within_directory(str(root), str(path))
        ):
            return path
    raise ModelError(f"There is no saved identity {shortened(choice)!r} in models/loras; choose another, or press R.")


def publish_identity(identity: Identity, name: str) -> str:
    """Writes it beside the LoRA of that name in loras/likeness, in place of one of the same pictures, whose tokens of
    other adapters it takes over; its name."""
    from ...trainer.identity.identity_file import identity_bytes, read_identity_file, source_of

    roots = [Path(root) for root in folder_paths.get_folder_paths("loras")]
    folder = unlinked(roots[0], _FOLDER)
    before = folder / f"{name}{IDENTITY_ENDING}"
    same = [before] if before.is_file() and source_of(before) == identity.source else []
    if same:
        identity = identity.over(read_identity_file(before))
    try:
        done = publish(
            [folder, *(root / _FOLDER for root in roots[1:])], name, {IDENTITY_ENDING: identity_bytes(identity)}, same
        )
    except OSError as fault:
        raise RunError(f"{fault.filename or folder} cannot be written: {fault.strerror or fault}.") from fault
    return (Path(_FOLDER) / f"{done.stem}{IDENTITY_ENDING}").as_posix()


def strongest_lora(model: Any) -> float:
    """The largest strength of any weight patch on a MODEL but adapters' own: what a LoRA on it was applied at; 0
    without one."""
    patches = [patch for rows in (getattr(model, "patches", {}) or {}).values() for patch in rows]
    return max((abs(float(patch[0])) for patch in patches if not getattr(patch[1], OF_ADAPTER, False)), default=0.0)
