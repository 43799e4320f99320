"""Places on disk by the names that the host lists them by: datasets, base models, settings, runs."""

import os
import re
from pathlib import Path

import folder_paths

from ...trainer.errors import DatasetError, LikenessError, RecipeError, RunError, shortened
from ...trainer.storage.file_name import file_name_fault
from ...trainer.storage.links import link_on_the_way, link_within

_NAME = re.compile(r"\w[\w.\- ]{0,63}")
_DEPTH = 3
_RESERVED = frozenset({"recipes"})
"""Folders of ours beside the runs'."""
WEIGHTS = ".safetensors"
DIFFUSION_MODELS = "diffusion_models"
"""The host's folder, and what its files' names begin with here."""


def dataset_folders() -> list[str]:
    """Folders with pictures under the input folder and the `datasets` roots, as `input/sage`, three levels deep."""
    from ...trainer.dataset.files.layout import holds_pictures

    found = [
        f"{label}/{folder}"
        for label, root in _dataset_roots()
        for folder in _folders_below(root)
        if holds_pictures(root / folder)
    ]
    return sorted(dict.fromkeys(found), key=str.casefold)


def keep_caches_here() -> None:
    """What the engine remembers of files and cards goes into ComfyUI's folder of users, of which no page is served."""
    from ...trainer.storage.user_cache import keep_in

    keep_in(Path(folder_paths.get_system_user_directory("likeness")))


def input_folder() -> Path:
    """ComfyUI's input folder, where users put what they bring."""
    return Path(folder_paths.get_input_directory())


def dataset_folder(choice: str) -> Path:
    """The folder a choice of `dataset_folders` names; DatasetError when it lies anywhere else."""
    label, _, inside = choice.partition("/")
    for name, root in _dataset_roots():
        if name == label and (path := _inside(root, inside)) is not None and path.is_dir():
            return path
    raise DatasetError(
        f"The folder {shortened(choice)!r} is not one of ComfyUI's: put the pictures in a folder of its input folder, "
        "or add a `datasets` root to extra_model_paths.yaml."
    )


def lies_in_a_dataset_root(path: Path) -> bool:
    """Whether a picture is the user's own, where files may be written beside it."""
    return any(folder_paths.is_within_directory(str(root), str(path)) for _, root in _dataset_roots())


def lies_in_a_root(path: Path) -> bool:
    """Whether a file lies where the host reads and writes pictures: a run's files may name any other place."""
    own = [Path(folder_paths.get_output_directory()), Path(folder_paths.get_temp_directory())]
    roots = [*own, *(root for _, root in _dataset_roots())]
    return any(folder_paths.is_within_directory(str(root), str(path)) for root in roots)


def base_models() -> list[str]:
    """What can be trained on, by the host's names: checkpoint files, diffusion models, as `diffusion_models/…`, and
    folders saved by diffusers."""
    files = [name for name in folder_paths.get_filename_list("checkpoints") if name.lower().endswith(WEIGHTS)]
    models = [name for name in folder_paths.get_filename_list(DIFFUSION_MODELS) if name.lower().endswith(WEIGHTS)]
    return [*files, *(f"{DIFFUSION_MODELS}/{name}" for name in models), *_diffusers_folders()]


def base_model(choice: str) -> Path:
    """The file or folder that a choice of `base_models` names; LikenessError when it is none of them."""
    if choice.lower().endswith(WEIGHTS):
        label, _, name = choice.partition("/")
        file = folder_paths.get_full_path("checkpoints", choice)
        if file is None and label == DIFFUSION_MODELS:
            file = folder_paths.get_full_path(DIFFUSION_MODELS, name)
        if file is not None:
            return Path(file)
    for root in folder_paths.get_folder_paths("diffusers"):
        path = _inside(Path(root), choice)
        if path is not None and (path / "model_index.json").is_file():
            return path
    if choice.lower().endswith(".gguf"):
        raise LikenessError(
            f"{shortened(choice)} is quantised as GGUF, which draws but is not trained on here: choose the bf16, fp16 "
            "or fp8 .safetensors file of the same model, and wire the GGUF where pictures are drawn."
        )
    raise LikenessError(
        f"There is no base model {shortened(choice)!r}: put a checkpoint (.safetensors) into models/checkpoints, a "
        "diffusion model into models/diffusion_models, or a model of diffusers into models/diffusers, and press R."
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
        raise RecipeError(f"There is no file {shortened(name)!r} in ComfyUI's input folder; put it there and press R.")
    return path


def recipes_folder() -> Path:
    """Where exported recipes lie."""
    return output_folder("likeness", "recipes")


def run_folder(name: str) -> Path:
    """The folder of the run of that name under the output folder; RunError for a name that is a path or ours."""
    check_name(name)
    if name.casefold() in _RESERVED:
        raise RunError(f"The name {name!r} is kept for a folder of our own; give the run another name.")
    return output_folder("likeness", name, deep=True)


def runs() -> list[str]:
    """The names of the runs that lie under the output folder."""
    from ...trainer.training.run.run_names import run_names

    found = run_names(Path(folder_paths.get_output_directory()) / "likeness")
    return [name for name in found if name_fault(name) is None]


def demo_folder(number: int) -> Path:
    """Where a demo character's drawings lie."""
    return output_folder("likeness_demo", f"character_{number}", deep=True)


def output_folder(*parts: str, deep: bool = False) -> Path:
    """A folder of ours below the host's output folder; RunError as `unlinked` has it."""
    return unlinked(Path(folder_paths.get_output_directory()), *parts, deep=deep)


def unlinked(root: Path, *parts: str, deep: bool = False) -> Path:
    """`root` and the parts, which is to be written into; RunError where a link below `root` leads elsewhere.

    `root` is the host's, and may be a link. With `deep` nothing at any depth in the folder may be one either.
    """
    path = root.joinpath(*parts)
    link = link_on_the_way(root, path) or (link_within(path) if deep else None)
    if link is not None:
        raise RunError(
            f"{link} links to another place, and nothing is written through it: remove the link, or make "
            "ComfyUI's own folder one."
        )
    return path


def name_fault(name: str) -> str | None:
    """What is wrong with a name that will name a folder and a file, or None."""
    if _NAME.fullmatch(name) and not name.endswith((".", " ")):
        return file_name_fault(name)
    return (
        f"The name {shortened(name)!r} cannot name a folder: use 1 to 64 letters, digits, spaces, dots, - or _, "
        "starting with a letter or digit, without / or \\."
    )


def check_name(name: str) -> None:
    """RunError with what `name_fault` finds."""
    if fault := name_fault(name):
        raise RunError(fault)


def longer_name(name: str, ending: str) -> str:
    """`name` with an ending, cut where both together could not name a file any more."""
    while name_fault(name + ending) and len(name) > 1:
        name = name[:-1]
    return name + ending


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
    """`root/name` where it is there and resolves to a place within; None for absolute names, `..`, and links that lead
    out."""
    parts = re.split(r"[/\\]", name)
    if not name or "\0" in name or any(part in ("", ".", "..") for part in parts) or ":" in parts[0]:
        return None
    path = root.joinpath(*parts)
    try:
        path.stat()  # the system refuses some names, such as those of more than 255 bytes
    except (OSError, ValueError):
        return None
    return path if folder_paths.is_within_directory(str(root), str(path)) else None
