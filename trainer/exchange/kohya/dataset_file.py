"""A dataset file of kohya's that lies beside the settings which name it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any, cast

from ..keys import Keys

_MOST_BYTES = 1 << 20


def add_dataset_file(keys: Keys, folder: Path) -> None:
    """What the file that `dataset_config` names says, where the settings do not say it themselves."""
    named = keys.peek("dataset_config")
    if not isinstance(named, str) or not named:
        return
    # Both systems' separators: a script may have been written on the other one.
    path = folder / PureWindowsPath(named).name
    try:
        with path.open("rb") as file:
            found = tomllib.loads(file.read(_MOST_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError):
        return
    general: Any = found.get("general")
    if isinstance(general, Mapping):
        for name, value in cast("Mapping[str, Any]", general).items():
            keys.offer(name, value)
    if "datasets" in found:
        keys.offer("datasets", found["datasets"])
    keys.raw("dataset_config")
