"""A motion module in a family's own UNet, by hooks on the layers that it follows.

diffusers' UNetMotionModel is a second UNet made of copies; here the UNet itself stays where it is, with every LoRA and
adapter that is mounted on it. The order is the same: a module after each resnet of a level, behind its attention where
it has one, and in the middle between attention and the second resnet.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor

from ...errors import ModelError
from ...families.drawing_steps import DrawingSteps
from ...families.family import Family
from .file import MotionModule


class MountedMotion:
    """Motion modules at work. A batch is clips of `frames` frames each; set it before the UNet is asked."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.frames = 1

    def follow(self, module: Any) -> Any:
        """A forward hook that puts a module behind what it is registered on."""

        def hook(_: torch.nn.Module, __: Any, output: Any) -> Any:
            # Attention answers with a tuple of one, a resnet with the tensor.
            return (self._moved(module, output[0]),) if isinstance(output, tuple) else self._moved(module, output)

        return hook

    def _moved(self, module: Any, hidden: Any) -> Tensor:
        return module(hidden, num_frames=self.frames)


@contextmanager
def mounted(family: Family, motion: MotionModule) -> Generator[MountedMotion]:
    """Within the block the family's UNet moves; after it, it is bit for bit what it was. ModelError when they do not
    fit."""
    _refuse_misfit(family, motion)
    unet: Any = family.denoiser
    working = MountedMotion(motion.layout.longest)
    # diffusers' own `to` warns of modules to be kept in fp32 and names none.
    modules: Any = torch.nn.Module.to(motion.modules, device=family.device, dtype=family.dtype)
    handles = [place.register_forward_hook(working.follow(module)) for place, module in _places(unet, modules)]
    try:
        yield working
    finally:
        for handle in handles:
            handle.remove()


def drawing_steps(family: Family, motion: MotionModule) -> Callable[[int, int], DrawingSteps]:
    """The way from noise to frames, as `Family.drawing_steps`, by the noise that the module learned with."""
    from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

    unet_family, kind = cast(Any, family), cast(Any, EulerDiscreteScheduler)
    schedule = {**unet_family.schedule, **motion.layout.noise}
    return lambda steps, whole: DrawingSteps(kind.from_config(schedule), steps, whole, family.device)


def _refuse_misfit(family: Family, motion: MotionModule) -> None:
    config: Any = getattr(family.denoiser, "config", {})
    name, layout, title = motion.path.name, motion.layout, family.spec.title
    if "down_block_types" not in config:
        raise ModelError(f"{name} moves UNets, and {title} has none; use a base of SD 1.5 or SDXL.")
    sizes = tuple(config["block_out_channels"]), config["layers_per_block"]
    if sizes != (layout.widths, layout.layers):
        raise ModelError(
            f"{name} is a motion module for {layout.title} and does not fit this base, which is {title} of "
            f"{', '.join(map(str, sizes[0]))} channels; choose the module of its kind."
        )


def _places(unet: Any, adapter: Any) -> Iterator[tuple[Any, Any]]:
    """Each layer of the UNet that a module follows, with the module."""
    ways = ((unet.down_blocks, adapter.down_blocks), (unet.up_blocks, adapter.up_blocks))
    for blocks, moving in ways:
        for block, level in zip(blocks, moving, strict=True):
            places: Any = getattr(block, "attentions", block.resnets)
            yield from zip(places, level.motion_modules, strict=True)
    if adapter.mid_block is not None:
        yield from zip(unet.mid_block.attentions, adapter.mid_block.motion_modules, strict=True)
