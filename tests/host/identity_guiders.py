"""Of the host's interpreter: whoever asks the UNet, in whatever order and part, with an adapter in it."""

from collections.abc import Callable
from typing import Any

import comfy.context_windows
import comfy.samplers
import torch
from comfy_extras.nodes_custom_sampler import Guider_DualCFG
from comfy_extras.nodes_perpneg import Guider_PerpNeg, PerpNeg
from identity_bases import NAMES, WIDTHS, Base
from identity_parts import Asking, Cross, Opened, cfg_guider, drawn, gap, one_step
from likeness.nodes.host.identity.apply import apply_identity  # type: ignore[reportMissingImports]
from likeness.trainer.identity.use import Use  # type: ignore[reportMissingImports]
from torch import Tensor


def guiders(base: Base) -> dict[str, float]:
    """Whoever asks, in whatever order, each conditioning is answered as by our own engine."""
    noise, use = drawn(2, 4, 8, 8, seed=4), Use(weight=0.8)
    wanted = base.ours(noise, base.placed(use))
    positive, negative = (base.conds()[name] for name in NAMES)
    long = [[torch.cat((negative[0][0], drawn(1, 1, WIDTHS[base.name], seed=5)), dim=1), negative[0][1]]]

    def answered(make: Callable[[Any], Any], *orders: str) -> float:
        """`orders`: of each call, what it asks for, positive or negative."""
        asking = Asking(base.worn(use))
        one_step(make(asking.model), noise, base.sigma)
        names = {"p": "positive", "n": "negative"}
        return max(
            gap((call[1] - denoised) / call[2][0], wanted[names[which]])
            for call, order in zip(asking.calls, orders, strict=True)
            for denoised, which in zip(call[0], order, strict=True)
            if which in names
        )

    def guided(cfg: float = 3.0, last: Any = negative) -> Callable[[Any], Any]:
        return lambda model: cfg_guider(model, {"positive": positive, "negative": last}, cfg)

    def of_three(kind: Any, *conds: Any, **scales: Any) -> Callable[[Any], Any]:
        def make(model: Any) -> Any:
            made = kind(model)
            made.set_conds(*conds)
            made.set_cfg(3.0, 2.0, **scales)
            return made

        return make

    def asks_again(model: Any) -> Any:
        """A pack that asks for the negative alone once more, as self-attention guidance does."""

        def post(args: Any) -> Tensor:
            rest = args["input"], args["sigma"], args["model_options"]
            comfy.samplers.calc_cond_batch(args["model"], [args["uncond"]], *rest)
            return args["denoised"]

        model.set_model_sampler_post_cfg_function(post)
        return guided()(model)

    def with_empty(model: Any) -> Any:
        return guided()(PerpNeg.execute(model, negative, 1.0).result[0])

    return {
        "cfg": answered(guided(), "pn"),
        "cfg 1": answered(guided(1.0), "p-"),
        "calls apart": answered(guided(last=long), "p-"),
        "perp neg": answered(of_three(Guider_PerpNeg, positive, negative, negative), "pnn"),
        "dual cfg": answered(of_three(Guider_DualCFG, positive, positive, negative), "npp"),
        "dual cfg, nested": answered(of_three(Guider_DualCFG, positive, positive, negative, nested=True), "npp"),
        "negative alone": answered(asks_again, "pn", "n"),
        "old perp neg": answered(with_empty, "pn", "n"),
    }


def regions_and_windows(base: Base) -> dict[str, float]:
    noise, use = drawn(3, 4, 8, 8, seed=6), Use(weight=0.8)
    wanted = base.ours(noise, base.placed(use, latents=3))
    windowed = base.worn(use, latents=3)
    windowed.model_options["context_handler"] = comfy.context_windows.IndexListContextHandler(
        comfy.context_windows.get_matching_context_schedule("standard_static"),
        comfy.context_windows.get_matching_fuse_method("pyramid"),
        context_length=2,
        context_overlap=1,
        dim=0,
    )
    denoised = one_step(cfg_guider(windowed, base.conds()), noise, base.sigma)
    guided = wanted["negative"] + 3.0 * (wanted["positive"] - wanted["negative"])
    found = noise - denoised / base.sigma
    silent = Opened(base.name, lambda use: silenced(Cross(base.widths, use)))
    # The host appends a copy of the positive's area to the negative ones, under the positive's name.
    conds = {**base.conds(area=(4, 4, 2, 2)), "whole": base.conds()["positive"]}
    conds["positive"] = conds["positive"] + conds["whole"]
    asked = []
    for model in (apply_identity(base.model, silent, None, use), base.model):
        asking = Asking(model)
        one_step(cfg_guider(asking.model, conds), noise, base.sigma)
        asked.append(asking.calls[0][0])
    return {
        "windows": gap(found, guided),
        "area, negative": gap(asked[0][1], asked[1][1]),
        "area, positive changes": gap(asked[0][0], asked[1][0]),
    }


def silenced(cross: Cross) -> Cross:
    """One that adds nothing where the prompt is not told."""
    for kept in cross.weights.values():
        kept[3].data.zero_()
    return cross
