"""Is a LoRA file alive, and does it belong to the model."""

from __future__ import annotations

from typing import Any

from ...trainer.errors import few, shortened
from .._api import io
from ..checked import UNKNOWN, checked
from ..host.folders import file_fingerprint
from ..host.images import to_image
from ..host.lora_files import lora_path, loras
from ..host.page import cancellable, is_cancelled
from ..panel.sheet import picture_view

NO_LORA = "put a LoRA into models/loras, then press R"


@checked
class CheckLora(io.ComfyNode):
    """Health of anybody's LoRA: change by block, dead layers, keys that the model does not know."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessCheckLora",
            display_name="Check LoRA file",
            category="Likeness/4 Compare",
            description=(
                "Looks into any LoRA file: how far it changes each block, whether that is usual, layers that change "
                "nothing, NaN. With model and clip wired it also tells which of its keys ComfyUI would not load, where "
                "LoraLoader would draw on as if nothing were wrong."
            ),
            search_aliases=[
                "inspect lora",
                "lora info",
                "lora metadata",
                "lora not working",
                "broken lora",
                "key not loaded",
                "lora weights",
            ],
            is_output_node=True,
            inputs=[
                io.Combo.Input("lora", options=loras() or [NO_LORA], tooltip="A file of models/loras, anybody's."),
                io.Model.Input("model", optional=True, tooltip="A model, to see whether the file belongs to it."),
                io.Clip.Input("clip", optional=True, tooltip="The text encoder, to check the file's part for it."),
            ],
            outputs=[
                io.String.Output(display_name="health", tooltip="What was found, in words."),
                io.Image.Output(display_name="sheet", tooltip="A bar a block, on a scale of powers of ten."),
            ],
        )

    @classmethod
    def validate_inputs(cls, lora: str) -> bool | str:
        if lora == NO_LORA:
            return f"No LoRA is chosen: {NO_LORA}. Train character LoRA puts its own there."
        return lora in loras() or f"There is no LoRA {shortened(lora)!r} in models/loras; choose another, or press R."

    @classmethod
    def fingerprint_inputs(cls, lora: str | None, **_: Any) -> Any:
        return UNKNOWN if lora is None else file_fingerprint(lora_path(lora))

    @classmethod
    def execute(cls, lora: str, model: Any = None, clip: Any = None) -> Any:
        from ...trainer.lora.health import check_lora, health_lines
        from ...trainer.lora.health_sheet import draw_health

        path = lora_path(lora)
        with cancellable():
            health = check_lora(path, cancelled=is_cancelled)
        lines = [*_unmatched(path, model, clip), *health_lines(health)]
        text, sheet = "\n".join(lines), to_image([draw_health(health)])
        return io.NodeOutput(text, sheet, ui=picture_view(sheet, cls, text))


def _unmatched(path: Any, model: Any, clip: Any) -> list[str]:
    if model is None:
        return []
    from ..host.lora import unmatched

    missing, count = unmatched(model, clip, path)
    if not missing:
        return [f"All {count} layers belong to the model."]
    return [f"{len(missing)} of {count} layers are not the model's and would be ignored: {few(missing, 3)}."]
