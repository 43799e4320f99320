"""What makes a run this one and no other, and how two such identities differ."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...dataset.dataset import Dataset
from ...errors import LikenessError, RunError
from ...families.base import Base
from ...recipe.memory import SAME_RESULT
from ...recipe.recipe import Recipe
from ...storage.values import json_file
from .places import base_told, dataset_told

CLAIM = ("base.json", "dataset.json", "inputs.json", "recipe.json")
"""The files that say whose a run's folder is. The last is written last: with it the claim is whole."""
_MOST_SETTINGS = 6


@dataclass(frozen=True, kw_only=True)
class RunIdentity:
    """What makes a run this one and no other."""

    recipe: Recipe
    dataset: Dataset
    base: Base
    regularisation: Dataset | None = None
    start: Path | None = None

    def inputs(self) -> dict[str, str | None]:
        """What the run takes in beside its dataset, by content."""
        return {
            "regularisation": None if self.regularisation is None else self.regularisation.fingerprint(),
            "start": None if self.start is None else _sha256(self.start),
        }

    def claim(self, run: Path) -> tuple[Mapping[str, Any], ...]:
        """What the files of CLAIM hold in the folder `run`."""
        return base_told(self.base, run), dataset_told(self.dataset, run), self.inputs(), self.recipe.to_json()


def refuse_foreign(folder: Path) -> None:
    """RunError where a file of the claim's name lies in `folder` that no run wrote."""
    read = (Base.from_json, Dataset.from_json, dict, Recipe.from_json)
    for name, from_json in zip(CLAIM, read, strict=True):
        try:
            if (folder / name).exists():
                from_json(json_file(folder / name))
        except (OSError, ValueError, TypeError, KeyError, LikenessError) as error:
            raise RunError(
                f"{folder / name} is there already and is no run's ({error}). Give this run another name or folder."
            ) from error


def differences(folder: Path, identity: RunIdentity) -> list[str]:
    """Which parts of the identity differ from those the folder was made for, settings of the recipe as old → new."""
    if not (folder / "recipe.json").is_file():
        return []
    try:
        kept_recipe = Recipe.from_json(json_file(folder / "recipe.json"))
        kept_dataset = Dataset.from_json(json_file(folder / "dataset.json"))
        kept_base = json_file(folder / "base.json")
        kept_inputs = _kept_inputs(folder)
    except (OSError, ValueError, LikenessError) as error:
        raise RunError(f"{folder} is damaged: {error}. Start the run in another folder.") from error
    inputs, base = identity.inputs(), identity.base
    is_other = {
        f"recipe ({_moved(kept_recipe, identity.recipe)})": _of_result(kept_recipe) != _of_result(identity.recipe),
        "dataset": kept_dataset.fingerprint() != identity.dataset.fingerprint(),
        "base model": (kept_base.get("sha256"), kept_base.get("predicts", "")) != (base.sha256, base.predicts),
        "set of regularisation pictures": kept_inputs.get("regularisation") != inputs["regularisation"],
        "LoRA to start from": kept_inputs.get("start") != inputs["start"],
    }
    return [name for name, differs in is_other.items() if differs]


def _of_result(recipe: Recipe) -> Mapping[str, Any]:
    """What of a recipe says what is learned, not where and how it is computed."""
    data = recipe.to_json()
    return data | {"memory": {name: value for name, value in data["memory"].items() if name not in SAME_RESULT}}


def _kept_inputs(folder: Path) -> dict[str, Any]:
    """Of `inputs.json`, which runs of version 0.1 call `beside.json` and the first ones lack."""
    names = (folder / "inputs.json", folder / "beside.json")
    found = [path for path in names if path.is_file()]
    return json_file(found[0]) if found else {}


def _moved(old: Recipe, new: Recipe) -> str:
    """`rank 32 → 16, lr 0.0001 → 0.0004`, the first few."""
    before, after = dict(_settings(_of_result(old))), dict(_settings(_of_result(new)))
    moved = [
        f"{name.rpartition('.')[2]} {before[name]} → {after[name]}" for name in after if before[name] != after[name]
    ]
    more = len(moved) - _MOST_SETTINGS
    return ", ".join(moved[:_MOST_SETTINGS]) + (f" and {more} more" if more > 0 else "")


def _settings(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{field}", inner) for field, inner in _settings(value))  # type: ignore[reportUnknownArgumentType]
        else:
            yield name, value


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); choose a LoRA file that exists.") from error
