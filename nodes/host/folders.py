"""Places on disk by the names that the host lists them by: datasets, base models, settings, runs."""

import os
import re
from pathlib import Path

import folder_paths

from ...trainer.errors import DatasetError, LikenessError, RecipeError, RunError

_NAME = re.compile(r"\w[\w.\- ]{0,63}")
_DEPTH = 3
WEIGHTS = ".safetensors"


def dataset_folders() -> list[str]:
    """Folders under the input folder and the registered `datasets` roots, as `input/sage`, three levels deep."""
    found = [f"{label}/{folder}" for label, root in _dataset_roots() for folder in _folders_below(root)]
    return sorted(dict.fromkeys(found), key=str.casefold)


def dataset_folder(choice: str) -> Path:
    """The folder a choice of `dataset_folders` names; DatasetError when it lies anywhere else."""
    label, _, inside = choice.partition("/")
    for name, root in _dataset_roots():
        if name == label and (path := _inside(root, inside)) is not None and path.is_dir():
            return path
    raise DatasetError(
        f"The folder {choice!r} is not one of ComfyUI's: put the pictures in a folder of its input folder, "
        "or add a `datasets` root to extra_model_paths.yaml."
    )


def lies_in_a_dataset_root(path: Path) -> bool:
    """Whether a picture is the user's own, where files may be written beside it."""
    return any(folder_paths.is_within_directory(str(root), str(path)) for _, root in _dataset_roots())


def base_models() -> list[str]:
    """What can be trained on, by the host's names: checkpoint files, and folders saved by diffusers."""
    files = [name for name in folder_paths.get_filename_list("checkpoints") if name.lower().endswith(WEIGHTS)]
    return [*files, *_diffusers_folders()]


def base_model(choice: str) -> Path:
    """The file or folder that a choice of `base_models` names; LikenessError when it is none of them."""
    if choice.lower().endswith(WEIGHTS):
        file = folder_paths.get_full_path("checkpoints", choice)
        if file is not None:
            return Path(file)
    for root in folder_paths.get_folder_paths("diffusers"):
        path = _inside(Path(root), choice)
        if path is not None and (path / "model_index.json").is_file():
            return path
    raise LikenessError(
        f"There is no base model {choice!r}: put a checkpoint (.safetensors) into models/checkpoints, or a model saved "
        "by diffusers into models/diffusers, and press R."
    )


def _diffusers_folders() -> list[str]:
    roots = [Path(root) for root in folder_paths.get_folder_paths("diffusers")]
    found = [
        path for root in roots for name in _folders_below(root) if (path := root / name / "model_index.json").is_file()
    ]
    names = [path.parent.relative_to(root).as_posix() for path in found for root in roots if path.is_relative_to(root)]
    return sorted(dict.fromkeys(names), key=str.casefold)


def settings_files(suffixes: tuple[str, ...]) -> list[str]:
    """Files of the input folder with these endings, by name."""
    root = Path(folder_paths.get_input_directory())
    found = [path.name for path in root.glob("*.*") if path.suffix.lower() in suffixes and path.is_file()]
    return sorted(found, key=str.casefold)


def settings_file(name: str) -> Path:
    """The file of the input folder of that name; RecipeError for anything else."""
    path = _inside(Path(folder_paths.get_input_directory()), name)
    if path is None or not path.is_file():
        raise RecipeError(f"There is no file {name!r} in ComfyUI's input folder; put it there and press R.")
    return path


def recipes_folder() -> Path:
    """Where exported recipes lie."""
    return Path(folder_paths.get_output_directory()) / "likeness" / "recipes"


def run_folder(name: str) -> Path:
    """The folder of the run of that name under the output folder; RunError for a name that is a path."""
    fault = name_fault(name)
    if fault:
        raise RunError(fault)
    root = Path(folder_paths.get_output_directory()) / "likeness"
    path = _inside(root, name)
    if path is None:
        raise RunError(f"The run {name!r} would lie outside {root}; remove the link of that name there.")
    return path


def demo_folder(number: int) -> Path:
    """Where a demo character's drawings lie."""
    return Path(folder_paths.get_output_directory()) / "likeness_demo" / f"character_{number}"


def name_fault(name: str) -> str | None:
    """What is wrong with a name that will name a folder and a file, or None."""
    if _NAME.fullmatch(name) and not name.endswith((".", " ")):
        return None
    return (
        f"The name {name!r} cannot name a folder: use 1 to 64 letters, digits, spaces, dots, - or _, "
        "starting with a letter or digit, without / or \\."
    )


def file_fingerprint(path: Path) -> str:
    """Changes when the file, or a file below the folder, is added, removed or written; reads no contents."""
    if path.is_file():
        return f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"
    folder = path
    found = [entry for entry in folder.rglob("*") if entry.is_file()]
    rows = [(entry.relative_to(folder).as_posix(), entry.stat().st_size, entry.stat().st_mtime_ns) for entry in found]
    return str(sorted(rows))


def _dataset_roots() -> list[tuple[str, Path]]:
    roots = [("input", Path(folder_paths.get_input_directory()))]
    if "datasets" in folder_paths.folder_names_and_paths:
        roots += [("datasets", Path(root)) for root in folder_paths.get_folder_paths("datasets")]
    return roots


def _folders_below(root: Path) -> list[str]:
    found: list[str] = []
    level = [root]
    for _ in range(_DEPTH):
        level = [folder for parent in level for folder in _children(parent)]
        found += [folder.relative_to(root).as_posix() for folder in level]
    return found


def _children(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [folder / entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return []


def _inside(root: Path, name: str) -> Path | None:
    """`root/name` when both resolve to one inside the other; None for absolute names, `..`, and links that lead out."""
    parts = re.split(r"[/\\]", name)
    if not name or "\0" in name or any(part in ("", ".", "..") for part in parts) or ":" in parts[0]:
        return None
    path = root.joinpath(*parts)
    return path if folder_paths.is_within_directory(str(root), str(path)) else None
