"""Where the host keeps face models."""

from pathlib import Path

import folder_paths

from ...trainer.faces.registry import FaceFolders


def face_folders() -> FaceFolders:
    """The host's `insightface`, `opencv` and `detection` folders; the first two are registered where nobody has."""
    return FaceFolders(insightface=_folders("insightface"), opencv=(*_folders("opencv"), *_known("detection")))


def _folders(name: str) -> tuple[Path, ...]:
    if name not in folder_paths.folder_names_and_paths:
        folder_paths.add_model_folder_path(name, str(Path(folder_paths.models_dir) / name))
    return _known(name)


def _known(name: str) -> tuple[Path, ...]:
    if name not in folder_paths.folder_names_and_paths:
        return ()
    return tuple(Path(folder) for folder in folder_paths.get_folder_paths(name))
