"""Captions by the rules: trigger first, identity out, the rest in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..host.model_folders import comfyui
from ..host.page import cancellable, is_cancelled
from ..panel.budget import words_of
from ..panel.progress import reporter
from ..panel.sheet import counts_of
from ..sockets import CAPTION_RULES, DATASET, Ruling

if TYPE_CHECKING:
    from ...trainer.captions.rules.caption_rules import CaptionRules
    from ...trainer.dataset.dataset import Dataset

_FAMILIES: Mapping[str, str] = {
    "SDXL, SD 1.5 (75 tokens)": "sdxl",
    "SDXL with 225 tokens": "sdxl_225",
    "FLUX (512 tokens)": "flux",
    "SD 3 (256 tokens)": "sd3",
    "Wan (512 tokens)": "wan",
    "Qwen (no limit)": "qwen",
}
_OF_CLIP = ("sdxl", "sd15", "sdxl_225")
_POLICIES: Mapping[str, Any] = {
    "core: what most pictures share": "core",
    "strict: all looks": "strict",
    "minimal: only the drop list": "minimal",
}
_MOST_SHOWN = 12
_MOST_LETTERS = 20_000


@checked
class ApplyCaptionRules(io.ComfyNode):
    """Rewrites captions by the rules; always from what the captioner said, so that other rules can follow."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessApplyCaptionRules",
            display_name="Apply caption rules",
            category="Likeness/2 Captions",
            description=(
                "Puts the trigger first, takes the character's looks out (the trigger is to learn them), keeps what "
                "changes (clothes, pose, expression, camera, place, light) and orders it: trigger, subject, clothing, "
                "pose, setting, lighting, style. Works on tags and on sentences. Nothing is lost: what the captioner "
                "said stays with each picture, and the diff shows every change."
            ),
            search_aliases=[
                "trigger word",
                "prune captions",
                "prune tags",
                "remove tags",
                "clean captions",
                "caption cleanup",
                "tag order",
                "caption rules",
                "identity",
            ],
            has_intermediate_output=True,
            hidden=[io.Hidden.unique_id],
            inputs=_inputs(),
            outputs=[
                DATASET.Output(display_name="dataset", tooltip="The dataset with its captions rewritten."),
                CAPTION_RULES.Output(display_name="rules", tooltip="For Review captions, which goes on with them."),
                io.String.Output(display_name="diff", tooltip="Every caption before and after, as text."),
            ],
        )

    @classmethod
    def validate_inputs(cls, keep: str, drop: str, signature: str) -> bool | str:
        lists = {"keep": keep, "drop": drop, "signature": signature}
        long = [name for name, text in lists.items() if len(text) > _MOST_LETTERS]
        return f"The list {long[0]} is too long; keep it under {_MOST_LETTERS} letters." if long else True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        dataset: Dataset,
        policy: str,
        family: str,
        form: str,
        style: str,
        keep: str,
        drop: str,
        signature: str,
        fill_light: bool,
        rewrite_by_hand: bool,
    ) -> Any:
        from ...trainer.captions.rules.apply import apply_rules
        from ...trainer.captions.rules.caption_rules import CaptionRules

        rules = CaptionRules(
            policy=_POLICIES[policy],
            family=_FAMILIES[family],
            form=form,  # type: ignore[arg-type]  # one of the options
            style=style,  # type: ignore[arg-type]
            keep=listed(keep),
            drop=listed(drop),
            signature=listed(signature),
            rewrite_hand=rewrite_by_hand,
        )
        with cancellable():
            light = light_of(dataset, cls.hidden.unique_id) if fill_light else {}
            ruled = apply_rules(dataset, rules, lighting=light, count=token_count(rules))
        changed = [diff for diff in ruled.diffs if diff.changed]
        removed = sum(len(diff.removed) for diff in ruled.diffs)
        said = f"{len(changed)} of {len(ruled.diffs)} captions rewritten, {removed} words or phrases left out."
        shown = [f"{diff.name}\n{diff.after}" for diff in changed[:_MOST_SHOWN]]
        text = "\n".join((said, counts_of(ruled.dataset), *(f.text for f in ruled.findings), "", *shown))
        diff = "\n\n".join(f"{one.name}\n- {one.before}\n+ {one.after}" for one in ruled.diffs)
        ruling = Ruling(rules=rules, lighting=light)
        return io.NodeOutput(ruled.dataset, ruling, diff, ui={"text": words_of(text)})


def light_of(dataset: Dataset, node: str) -> Mapping[str, str]:
    """Words for the light of the pictures, told from their pixels."""
    from ...trainer.captions.prose.light import lighting_words

    return lighting_words(dataset, progress=reporter(node, "Looking at the light of"), cancelled=is_cancelled)


def token_count(rules: CaptionRules) -> Callable[[str], int]:
    """Counts tokens as CLIP does, where it sets the limit and the host has its tokenizer; else about so."""
    from ...trainer.captions.prose.limits import estimate_tokens
    from ...trainer.captions.tokenizers import clip_tokens

    count = clip_tokens(comfyui()) if rules.family in _OF_CLIP else None
    return count or estimate_tokens


def listed(text: str) -> tuple[str, ...]:
    """Tags or phrases between commas or on lines of their own."""
    return tuple(part.strip() for part in re.split(r"[,\n]", text) if part.strip())


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="Captioned pictures."),
        io.Combo.Input(
            "policy",
            display_name="looks to take out",
            options=[*_POLICIES],
            default=next(iter(_POLICIES)),
            tooltip=(
                "core drops looks that at least 30 % of the pictures show; what only few show, a wig say, is an "
                "exception and must be captioned. strict drops all looks. minimal drops only what the drop list names."
            ),
        ),
        io.Combo.Input(
            "family",
            display_name="captions are for",
            options=[*_FAMILIES],
            default=next(iter(_FAMILIES)),
            tooltip="What the captions are for: how many tokens its text encoder takes in. Longer captions are cut.",
        ),
        io.Combo.Input(
            "form",
            display_name="form of captions",
            options=["both", "tags", "sentence"],
            default="both",
            tooltip="tags for anime models, sentence for FLUX, both (tags, then sentences) for SDXL.",
        ),
        io.Combo.Input(
            "style",
            display_name="style words",
            options=["auto", "keep", "drop"],
            default="auto",
            tooltip=(
                "Style words (photo, oil painting, 3d render). auto writes them when the pictures differ in style, or "
                "all are renders: what is captioned stays changeable."
            ),
        ),
        _list(
            "keep",
            "never leave out",
            "Never left out, whatever is taken out: red hair, *_glasses. Commas or lines between them.",
        ),
        _list("drop", "always leave out", "Always left out: watermark, white background. * stands for any letters."),
        _list(
            "signature",
            "own items",
            "The character's own items, like red_scarf: left out when most pictures show them.",
        ),
        io.Boolean.Input(
            "fill_light",
            display_name="add words for light",
            default=True,
            tooltip=(
                "Where a caption says nothing of light, tell it from the picture (side lighting, backlighting, dim "
                "...). Plain light is not mentioned."
            ),
        ),
        io.Boolean.Input(
            "rewrite_by_hand",
            display_name="rewrite captions by hand",
            default=False,
            tooltip="Off: captions written by hand stay to the letter. On: the rules rewrite them too.",
        ),
    ]


def _list(name: str, words: str, tooltip: str) -> Any:
    return io.String.Input(name, display_name=words, default="", advanced=name != "drop", tooltip=tooltip)
