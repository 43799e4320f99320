"""What one forward pass of the host's model is about: its noise, and whose rows the batch holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import comfy.patcher_extension
from comfy.patcher_extension import WrappersMP
from torch import Tensor

from ....trainer.identity.adapter import Rows
from ....trainer.identity.mount.window import Window
from ....trainer.identity.use import Use

_KEY = "likeness_identity"
_NAMED, _CONDITIONAL = f"{_KEY}_named", f"{_KEY}_conditional"
_UNCONDITIONAL = ("neg", "uncond", "empty")


@dataclass(frozen=True, kw_only=True, eq=False)
class Forward:
    """`size` is of the latents, rows and columns. Travels in the pass's own `transformer_options`, so that nothing is
    left of it afterwards, and passes on several devices do not meet."""

    sampling: Any
    sigma: Tensor
    conditional: tuple[bool, ...]
    latent: tuple[int, ...]
    size: tuple[int, int]
    _within: dict[Use, bool] = field(default_factory=dict[Use, bool])

    @cached_property
    def noise(self) -> float:
        return float(self.sigma[0])

    def is_within(self, use: Use) -> bool:
        """Whether the noise is between the ends of `use`. The device is asked at most once a pass, not by every layer;
        the ends are found now, because a node behind ours may have changed the model's sampling."""
        if use not in self._within:
            window = Window.of(use, lambda part: float(self.sampling.percent_to_sigma(part)))
            self._within[use] = window.holds(self.sigma)
        return self._within[use]

    def rows(self, heads: int, grid: tuple[int, int]) -> Rows:
        return Rows(conditional=self.conditional, latent=self.latent, heads=heads, grid=grid)


def forward_of(options: Mapping[str, Any]) -> Forward | None:
    """None where the denoiser is run outside of the host's model, and there is no noise level to go by."""
    return options.get(_KEY)


def watch_forwards(model: Any) -> None:
    """Have the passes of this MODEL, a copy, say what they are about; once, however many adapters it has."""
    options = model.model_options
    # As options, and not on the patcher: what runs the model without a guider passes these on too.
    if comfy.patcher_extension.get_wrappers_with_key(WrappersMP.APPLY_MODEL, _KEY, options, is_model_options=True):
        return
    for kind, wrapper in (
        (WrappersMP.OUTER_SAMPLE, _name_conditionings),
        (WrappersMP.CALC_COND_BATCH, _tell_conditionals),
        (WrappersMP.APPLY_MODEL, _tell_forward),
    ):
        comfy.patcher_extension.add_wrapper_with_key(kind, _KEY, wrapper, options, is_model_options=True)


def _name_conditionings(executor: Any, *args: Any, **settings: Any) -> Any:
    """Keeps which conditionings of the guider are conditional, by what it calls them.

    Their places do not tell: PerpNeg asks for positive, negative, empty, DualCFG for negative, middle, positive, and
    others for the negative alone.
    """
    guider = executor.class_obj
    guider.model_options["transformer_options"][_NAMED] = {
        each["uuid"]: not any(word in name.lower() for word in _UNCONDITIONAL)
        for name, conditioning in guider.conds.items()
        for each in conditioning or ()
    }
    return executor(*args, **settings)


def _tell_conditionals(executor: Any, model: Any, conds: Any, x: Any, timestep: Any, model_options: Any) -> Any:
    """Which of the conditionings asked for at once are conditional; a row of the batch has only their numbers."""
    options = model_options.get("transformer_options", {})
    told = tuple(_is_conditional(number, each, options.get(_NAMED)) for number, each in enumerate(conds))
    options = {**options, _CONDITIONAL: told}
    return executor(model, conds, x, timestep, {**model_options, "transformer_options": options})


def _is_conditional(number: int, conditioning: Any, named: Mapping[Any, bool] | None) -> bool:
    if not conditioning or named is None:
        return number == 0
    # The first is the guider's own: the host appends copies of the positive ones' areas to the negative ones, under
    # the same uuid. What the guider does not know is an empty one, as the old PerpNeg node makes.
    return named.get(conditioning[0]["uuid"], False)


def _tell_forward(executor: Any, *given: Any, **more: Any) -> Any:
    """What BaseModel.apply_model is given: latents and their noise first, the options last, which other packs' wrappers
    may hand on by name."""
    x, sigma, *_ = given
    options = more.get("transformer_options", given[-1])
    numbers = options.get("cond_or_uncond") or [0]
    told = options.get(_CONDITIONAL)
    conditional = [told[number] if told and number < len(told) else number == 0 for number in numbers]
    latents = _latents(len(x) // len(numbers), options.get("context_window"))
    forward = Forward(
        sampling=executor.class_obj.model_sampling,
        sigma=sigma,
        conditional=tuple(each for each in conditional for _ in latents),
        latent=tuple(latents) * len(numbers),
        size=(int(x.shape[-2]), int(x.shape[-1])),
    )
    options = {**options, _KEY: forward}
    if "transformer_options" in more:
        return executor(*given, **{**more, "transformer_options": options})
    return executor(*given[:-1], options, **more)


def _latents(count: int, window: Any) -> Sequence[int]:
    """Which latents of the whole batch these are: a context window over the batch takes some out of it."""
    if window is None or window.dim != 0:
        return range(count)
    anchor = getattr(window, "causal_anchor_index", None)
    shown = [*([anchor] if anchor is not None and anchor >= 0 else []), *window.index_list]
    return shown if len(shown) == count else range(count)
