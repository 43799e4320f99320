"""AnimateDiff's motion modules: v1, v2 and v3 for SD 1.5, the beta for SDXL, and what was trained from them."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import safetensors.torch
import torch
from torch import Tensor

from ...errors import ModelError, few
from ...storage.tensor_header import read_header
from .names import MotionLayout, diffusers_name, layout_of, other_kind

_PICKLED = (".ckpt", ".pt", ".pth", ".bin")


class MotionModule:
    """A file's motion module. `modules` is diffusers' MotionAdapter with its weights."""

    def __init__(self, path: Path, layout: MotionLayout, modules: Any) -> None:
        self.path, self.layout, self.modules = path, layout, modules


def open_motion_module(path: Path) -> MotionModule:
    """The module in a file; ModelError, one sentence, for a file of any other kind, and for a part of one."""
    tensors = _read(path)
    renamed = _renamed(path, tensors)
    try:
        layout = layout_of({name: tuple(tensor.shape) for name, tensor in renamed.items()})
        return MotionModule(path, layout, motion_adapter(layout, renamed))
    except (ModelError, RuntimeError) as fault:
        why = str(fault).splitlines()[-1].strip()
        raise ModelError(f"{path.name} is not a whole motion module: {why}. Get the file again.") from fault


@torch.inference_mode(False)
def motion_adapter(layout: MotionLayout, tensors: Mapping[str, Tensor]) -> Any:
    """diffusers' MotionAdapter of these sizes around the tensors themselves; RuntimeError where one is left over,
    missing or of another shape. A table of positions that a file lacks is the sinusoid that they all began as."""
    from diffusers.models.unets.unet_motion_model import MotionAdapter

    kind: Any = MotionAdapter
    with torch.device("meta"):
        adapter: Any = kind(**layout.config)
    missing = [name for name in adapter.state_dict() if name.endswith(".pos_embed.pe") and name not in tensors]
    kind_of = next(iter(tensors.values()))
    tables = {name: _sinusoid(layout.longest, _width_at(layout, name)).to(kind_of) for name in missing}
    adapter.load_state_dict({**tensors, **tables}, strict=True, assign=True)
    return adapter.eval().requires_grad_(False)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ModelError(f"There is no motion module {path}.")
    if path.suffix.lower() not in _PICKLED:
        _refuse_others(path, read_header(path).shapes)
        library: Any = safetensors.torch
        return library.load_file(path)
    try:
        loaded: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as fault:
        raise ModelError(
            f"{path.name} cannot be opened as weights alone: it is damaged, or holds code. Get the .safetensors file."
        ) from fault
    whole = cast(dict[Any, Any], loaded) if isinstance(loaded, dict) else {}
    tensors = {str(name): one for name, one in whole.get("state_dict", whole).items() if isinstance(one, Tensor)}
    _refuse_others(path, tensors)
    return tensors


def _refuse_others(path: Path, names: Mapping[str, Any]) -> None:
    motion = [name for name in names if diffusers_name(name)]
    kind = other_kind(names)
    if motion and not kind:
        return
    said = f"{path.name} is {kind}" if kind else f"{path.name} holds no motion module"
    raise ModelError(f"{said}; choose an AnimateDiff module, such as mm_sd_v15_v2 or mm_sdxl_v10_beta.")


def _renamed(path: Path, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        known = diffusers_name(name)
        if known is None:
            raise ModelError(f"{path.name} holds {few([name])} beside a motion module, which has no place here.")
        if known in found and not torch.equal(found[known], tensor):
            raise ModelError(f"{path.name} has two tables of positions in one block ({known}); only one is drawn with.")
        found[known] = tensor
    return found


def _width_at(layout: MotionLayout, name: str) -> int:
    """Channels of the level that a tensor belongs to."""
    part, _, rest = name.partition(".")
    if part == "mid_block":
        return layout.widths[-1]
    level = int(rest.partition(".")[0])
    return layout.widths[level] if part == "down_blocks" else layout.widths[-1 - level]


def _sinusoid(length: int, width: int) -> Tensor:
    """Vaswani et al. 2017, section 3.5, sines and cosines by turns, (1, length, width)."""
    rates = torch.exp(torch.arange(0, width, 2) * (-torch.log(torch.tensor(10000.0)) / width))
    angles = torch.arange(length)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).reshape(1, length, width)
