"""Of the host's interpreter: tiny SDXL and SD 1.5 as the host has them and as our own engine does.

To be imported after `parts.load` has made the pack importable.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import comfy.sd
import comfy.supported_models
import torch
from identity_parts import Asking, Cross, Opened, cfg_guider, drawn, gap, one_step
from likeness.nodes.host.identity.apply import apply_identity  # type: ignore[reportMissingImports]
from likeness.nodes.host.identity.layers import cross_attentions  # type: ignore[reportMissingImports]
from likeness.trainer.families.batch_rows import BatchRows, told_rows  # type: ignore[reportMissingImports]
from likeness.trainer.families.condition import Condition  # type: ignore[reportMissingImports]
from likeness.trainer.families.registry import describe_base, load_family  # type: ignore[reportMissingImports]
from likeness.trainer.identity.attention.numbers import Topology  # type: ignore[reportMissingImports]
from likeness.trainer.identity.mount.mount import Placed, mount_identity  # type: ignore[reportMissingImports]
from likeness.trainer.recipe.buckets import Placement  # type: ignore[reportMissingImports]
from torch import Tensor

TIMESTEP = 500
WIDTHS = {"sdxl": 128, "sd15": 64}
NAMES = ("positive", "negative")
LIKE = {
    "sdxl": Topology(((0, 0), (1, 1), (2, 2)), 2, ((2, 2, 2), (1, 1, 1), (0, 0, 0))),
    "sd15": Topology(((1, 1), (1, 1), (0, 0)), 1, ((0, 0, 0), (1, 1, 1), (1, 1, 1))),
}


class TinyXl(comfy.supported_models.SDXL):
    unet_config = {}
    unet_extra_config = {"num_heads": -1, "num_head_channels": 64}


class TinySd15(comfy.supported_models.SD15):
    unet_config = {}


class Base:
    """One tiny base in both engines, and what either answers."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.model = comfy.sd.load_diffusion_model(path.as_posix(), model_options={"dtype": torch.float32})
        self.family = load_family(describe_base(path))
        self.sigma = float(self.model.get_model_object("model_sampling").sigma(torch.tensor(float(TIMESTEP))))
        self.widths = {number: layer.width for number, layer in cross_attentions(self.unet).items()}
        self.told = {each: drawn(1, 9, WIDTHS[name], seed=100 + n) for n, each in enumerate(NAMES)}
        self.pooled = {each: drawn(1, 64, seed=200 + n) for n, each in enumerate(NAMES)}

    @property
    def unet(self) -> Any:
        return self.model.model.diffusion_model

    def conds(self, **more: Any) -> dict[str, Any]:
        """The host's conditionings by name, with extras for the positive one."""
        made = {each: [[self.told[each], {"pooled_output": self.pooled[each]}]] for each in NAMES}
        made["positive"][0][1] |= more
        return made

    def adapter(
        self, seed: int = 0, latents: int = 1, only: int | None = None, made: Any = Cross, **rest: Any
    ) -> Opened:
        widths = self.widths if only is None else {only: self.widths[only]}
        return Opened(self.name, lambda use: made(widths, use, seed, latents), **rest)

    def worn(self, use: Any, model: Any = None, **adapter: Any) -> Any:
        return apply_identity(model or self.model, self.adapter(**adapter), None, use)

    def host(self, model: Any, noise: Tensor, names: tuple[str, ...] = ("positive", "negative")) -> dict[str, Tensor]:
        """The noise that the UNet finds for each conditioning, guided as usual."""
        asking = Asking(model)
        one_step(cfg_guider(asking.model, self.conds()), noise, self.sigma)
        return self.found(asking.calls[0], names)

    def found(self, call: Any, names: tuple[str, ...]) -> dict[str, Tensor]:
        denoised, x, sigma = call
        return {name: (x - each) / sigma[0] for name, each in zip(names, denoised, strict=True)}

    def ours(self, noise: Tensor, *placed: Any, names: tuple[str, ...] = ("positive", "negative")) -> dict[str, Tensor]:
        """The same of our own engine, for the UNet's input that the host makes of `noise`."""
        sampling = self.model.get_model_object("model_sampling")
        sigma = torch.tensor([self.sigma])
        x = sampling.noise_scaling(sigma[0], noise, torch.zeros_like(noise), False)
        size = (noise.shape[-1] * 8, noise.shape[-2] * 8)
        place = Placement(size, size, (0, 0), size)
        made = mount_identity(self.family, *placed)
        said = {}
        for name in names:
            kept = {"context": self.told[name][0]} | ({"pooled": self.pooled[name][0]} if self.name == "sdxl" else {})
            rows = BatchRows((name == "positive",) * len(x), tuple(range(len(x))))
            asked = sampling.calculate_input(sigma, x), torch.full((len(x),), TIMESTEP / 1000)
            with told_rows(rows):
                said[name] = self.family.predict(*asked, [Condition(kept)] * len(x), [place] * len(x))
        made.remove()
        return said

    def placed(self, use: Any, seed: int = 0, latents: int = 1, only: int | None = None) -> Any:
        opened = self.adapter(seed, latents, only)
        return Placed(layers=opened.placed(None, use), use=use, name="random", family=self.name)


def apart(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(gap(one[name], other[name]) for name in one)
