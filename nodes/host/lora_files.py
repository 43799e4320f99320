"""LoRA files in the host's folders: listed, found, published."""

from pathlib import Path

import folder_paths

from ...trainer.errors import RunError
from .folders import WEIGHTS, name_fault


def loras() -> list[str]:
    """LoRA files by the names that LoraLoader lists them by."""
    return [name for name in folder_paths.get_filename_list("loras") if name.lower().endswith(WEIGHTS)]


def lora_path(listed: str) -> Path:
    """Where a LoRA that the host lists lies."""
    return Path(folder_paths.get_full_path_or_raise("loras", listed))


def publish_lora(source: Path, name: str, preview: Path | None = None) -> str:
    """Copy a checkpoint into the host's loras folder, whole or not at all; the name LoraLoader lists it by.

    `preview` lies beside it under the same name, where the host's model library looks for a picture.
    """
    from ...trainer.storage.atomic import write_atomically

    fault = name_fault(name)
    if fault:
        raise RunError(fault)
    listed = Path("likeness") / f"{name}.safetensors"
    target = Path(folder_paths.get_folder_paths("loras")[0]) / listed
    data = source.read_bytes()
    if not target.is_file() or target.read_bytes() != data:
        try:
            write_atomically(target, data)
            if preview is not None:
                write_atomically(target.with_suffix(".png"), preview.read_bytes())
        except OSError as error:
            raise RunError(f"{target} cannot be written: {error.strerror or error}. The run keeps {source}.") from error
    return str(listed)
