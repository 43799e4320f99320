"""Where the pack's files lie in this ComfyUI, for whoever tells what they take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import folder_paths

if TYPE_CHECKING:
    from ...trainer.upkeep.places import Places


def kept_places() -> Places:
    """The host's output and temp folders, the roots of its datasets, and its folders of LoRAs."""
    from ...trainer.upkeep.places import RUNS, Places

    output = Path(folder_paths.get_output_directory())
    roots = [Path(folder_paths.get_input_directory())]
    if "datasets" in folder_paths.folder_names_and_paths:
        roots += [Path(root) for root in folder_paths.get_folder_paths("datasets")]
    return Places(
        output=output,
        runs=output / RUNS,
        datasets=tuple(roots),
        loras=tuple(Path(root) for root in folder_paths.get_folder_paths("loras")),
        temp=Path(folder_paths.get_temp_directory()),
    )
