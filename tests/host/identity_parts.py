"""For the identity scripts, in the host's interpreter: random adapters, and what the host's model answers with them."""

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import comfy.options

comfy.options.enable_args_parsing()

import comfy.model_management  # noqa: E402
import comfy.patcher_extension  # noqa: E402
import comfy.samplers  # noqa: E402
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn.functional import interpolate, scaled_dot_product_attention  # noqa: E402


def load(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[path.parent.as_posix()])
    assert spec and spec.loader
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gap(one: Tensor, other: Tensor) -> float:
    assert one.shape == other.shape, (one.shape, other.shape)
    return float((one - other).abs().max())


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


class Sides(nn.Module):
    """Keys and values by layer, for rows with the prompt and for the others, one set a latent."""

    def __init__(self, widths: Mapping[int, int], seed: int, latents: int) -> None:
        super().__init__()
        self.weights = nn.ModuleDict()
        for number, width in widths.items():
            made = [
                nn.Parameter(drawn(latents, 3, width, seed=seed + 10 * number + place), False) for place in range(4)
            ]
            self.weights[str(number)] = nn.ParameterList(made)

    def seen(self, number: int, query: Tensor, rows: Any) -> Tensor:
        """Attention of a query (b, heads, n, d) to what each row is to see: (b, n, channels)."""
        key, value, no_key, no_value = (each.to(query) for each in self.weights[str(number)])
        pairs = [(key, value) if conditional else (no_key, no_value) for conditional in rows.conditional]
        picked = [
            torch.stack([pair[side][latent % len(key)] for pair, latent in zip(pairs, rows.latent, strict=True)])
            for side in range(2)
        ]
        keys, values = (each.unflatten(-1, (rows.heads, -1)).transpose(1, 2) for each in picked)
        return scaled_dot_product_attention(query, keys, values).transpose(1, 2).flatten(2)

    def masked(self, tokens: Tensor, rows: Any, mask: Tensor | None, skipped: int = 0) -> Tensor:
        """Of the mask (b, h, w), on the tokens' grid, behind some that it does not concern."""
        if mask is None:
            return tokens
        shown = interpolate(mask[:, None], rows.grid, mode="bilinear").flatten(2).transpose(1, 2)
        picked = torch.stack([shown[latent % len(shown)] for latent in rows.latent])
        before = torch.ones(len(picked), skipped, 1)
        return tokens * torch.cat((before, picked), dim=1)


class Cross(Sides):
    """A CrossAttention."""

    def __init__(self, widths: Mapping[int, int], use: Any, seed: int = 0, latents: int = 1) -> None:
        super().__init__(widths, seed, latents)
        self.numbers, self.use = frozenset(widths), use

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Any) -> Tensor:
        heads = query.unflatten(-1, (rows.heads, -1)).transpose(1, 2)
        return text + self.use.weight * self.masked(self.seen(number, heads, rows), rows, self.use.mask)


class Blocks(Sides):
    """A FluxBlocks that joins some blocks and follows others, some of them with their query."""

    def __init__(self, width: int, use: Any, seed: int = 0, latents: int = 1, **blocks: Sequence[int]) -> None:
        numbers = sorted({number for each in blocks.values() for number in each})
        super().__init__(dict.fromkeys(numbers, width), seed, latents)
        self.use = use
        self.attends, self.joins, self.follows = (
            frozenset(blocks.get(name, ())) for name in ("attends", "joins", "follows")
        )

    def joined(self, block: int, query: Tensor, rows: Any) -> Tensor:
        text = query.shape[2] - rows.grid[0] * rows.grid[1]
        return self.use.weight * self.masked(self.seen(block, query, rows), rows, self.use.mask, text)

    def followed(self, block: int, image: Tensor, query: Tensor | None, rows: Any) -> Tensor:
        own = image.unflatten(-1, (rows.heads, -1)).transpose(1, 2)
        asked = own if query is None else query[:, :, -image.shape[1] :]
        return self.use.weight * self.masked(self.seen(block, asked, rows), rows, self.use.mask)


class Opened:
    """An Adapter whose placements are made by `place`."""

    def __init__(self, family: str, place: Callable[[Any], Any], patches: Mapping[str, Any] | None = None) -> None:
        self.family, self.path, self._place, self._patches = family, Path("random.safetensors"), place, patches or {}

    def placed(self, _tokens: Any, use: Any, _layers: Sequence[str] = ()) -> Any:
        return self._place(use)

    def weight_patches(self, _layers: Sequence[str] = ()) -> Mapping[str, Any]:
        return self._patches


class Asking:
    """Keeps what the host's model answers to each conditioning of each call, whatever guider asks."""

    # The host looks for leaks, slowly, whenever a copy of a model that it has loaded is gone.
    _models: ClassVar[list[Any]] = []

    def __init__(self, model: Any) -> None:
        self.model = model.clone()
        self._models += [model, self.model]
        self.calls: list[tuple[list[Tensor], Tensor, Tensor]] = []
        kind = comfy.patcher_extension.WrappersMP.CALC_COND_BATCH
        self.model.add_wrapper_with_key(kind, "test", self._keep)

    def _keep(self, executor: Any, model: Any, conds: Any, x: Tensor, timestep: Tensor, options: Any) -> Any:
        said = executor(model, conds, x, timestep, options)
        self.calls.append(([each.clone() for each in said], x, timestep))
        return said


def cfg_guider(model: Any, conds: Mapping[str, Any], cfg: float = 3.0) -> Any:
    guider = comfy.samplers.CFGGuider(model)
    guider.set_conds(conds["positive"], conds["negative"])
    guider.set_cfg(cfg)
    return guider


def one_step(guider: Any, noise: Tensor, sigma: float) -> Tensor:
    """What the guider says is behind `noise` times sigma."""

    def step(model: Any, x: Tensor, sigmas: Tensor, extra_args: Any = None, **_: Any) -> Tensor:
        said.append(model(x, sigmas[0] * x.new_ones(len(x)), **extra_args))
        return x

    said: list[Tensor] = []
    sampler = comfy.samplers.KSAMPLER(step)
    guider.sample(noise, torch.zeros_like(noise), sampler, torch.tensor([sigma, 0.0]), disable_pbar=True, seed=0)
    return said[0]
