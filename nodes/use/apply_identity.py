"""Who a model draws: an identity adapter on it, with references of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from .._api import io
from ..checked import checked
from ..host.images import to_image
from ..panel.budget import warnings_of, words_of
from ..panel.sheet import picture_view
from ..sockets import IDENTITY, IDENTITY_ADAPTER
from .adapters import AUTO, AdapterChoice, chosen, family_of
from .references import read_references

if TYPE_CHECKING:
    import torch

    from ...trainer.identity.adapter import Adapter
    from ...trainer.identity.identity import Identity
    from ...trainer.identity.use import Use

RECOMMENDED = 0.6
_HIGH, _HIGH_LORA = 0.8, 0.9
_SHOWN = 256
METHODS = ("fidelity", "style", "neutral")
WEIGHT_TYPES = (
    *("linear", "ease in", "ease out", "ease in-out", "reverse in-out"),
    *("weak input", "weak output", "weak middle", "strong middle"),
    *("style transfer", "composition", "strong style transfer", "style and composition"),
    *("style transfer precise", "composition precise"),
)


@checked
class ApplyIdentity(io.ComfyNode):
    """A MODEL with an adapter and an identity; the MODEL that came in is left as it is."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessApplyIdentity",
            display_name="Apply identity",
            category="Likeness/5 Use",
            description=(
                "Has a model draw the person of an identity, by an IP-Adapter, FaceID, InstantID or PuLID. Beside a "
                "character LoRA at 0.7 to 0.9 a weight of 0.5 to 0.7 holds the face where the LoRA alone lets go, in "
                "new poses and styles. Weight 0 changes nothing."
            ),
            search_aliases=[
                "ipadapter",
                "ip adapter",
                "apply ipadapter",
                "ipadapter advanced",
                "pulid",
                "apply pulid",
                "instantid",
                "faceid",
                "face swap",
                "same face",
                "consistent character",
                "character consistency",
                "identity",
                "apply adapter",
            ],
            is_output_node=True,
            inputs=[*_inputs(), *_advanced()],
            outputs=[
                io.Model.Output(display_name="model", tooltip="The model that draws the person."),
                io.String.Output(display_name="report", tooltip="Which adapter, on which terms, and what to mind."),
            ],
        )

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        model: Any,
        weight: float,
        identity: Identity | None = None,
        images: torch.Tensor | None = None,
        adapter: AdapterChoice | None = None,
        mask: torch.Tensor | None = None,
        **advanced: Any,
    ) -> Any:
        from ..host.adapter_files import strongest_lora
        from ..host.identity.apply import apply_identity

        if weight == 0:
            return io.NodeOutput(model, "", ui={"text": words_of("Weight 0: the model is as it came.")})
        choice = adapter or chosen(AUTO)
        choice.refuse_other_family(model)
        read = read_references(identity, images, choice)
        known = read.identity
        fit = choice.fitting(family_of(model), known)
        use = _use(weight, mask, advanced)
        patched = apply_identity(model, fit, choice.tokens(known, fit, use), use)
        report, warnings = _words(fit, known, weight), (*read.warnings, *_too_much(weight, strongest_lora(model)))
        return io.NodeOutput(patched, "\n".join((report, *warnings)), ui=_view(cls, known, report, warnings))


def _inputs() -> list[Any]:
    return [
        io.Model.Input("model", tooltip="What draws: SD 1.5, SDXL or FLUX.1, before or after the LoRA."),
        io.Float.Input(
            "weight",
            default=RECOMMENDED,
            min=0.0,
            max=3.0,
            step=0.05,
            tooltip=(
                "How strongly the identity acts. With a LoRA 0.5 to 0.7; alone up to 1. More copies the pose and the "
                "light of the references, too."
            ),
        ),
        IDENTITY.Input("identity", optional=True, tooltip="From Read face or Load identity. Or wire pictures below."),
        io.Image.Input(
            "images", optional=True, tooltip="Pictures of the person, read here. An identity goes before them."
        ),
        IDENTITY_ADAPTER.Input(
            "adapter",
            optional=True,
            tooltip="Left open, the first installed one that fits the model and the identity.",
        ),
        io.Mask.Input(
            "mask",
            optional=True,
            tooltip="Where in the picture the person is to be: the white part. Left open, everywhere.",
        ),
    ]


def _advanced() -> list[Any]:
    from ...trainer.identity.use import Combine, Scaling

    return [
        _combo("weight_type", WEIGHT_TYPES, "How the weight is spread over the layers of SD 1.5 and SDXL."),
        _part(
            "start",
            0.0,
            (
                "Part of sampling at which it begins: 0 is the first step, 1 the last. Later keeps the model's "
                "composition."
            ),
        ),
        _part(
            "end",
            1.0,
            ("Part of sampling after which it ends. Earlier than 1 leaves the details to the model and the LoRA."),
        ),
        _combo(
            "combine",
            get_args(Combine),
            "Several pictures: side by side, or made one first. PuLID knows concat and average alone.",
        ),
        _combo(
            "scaling",
            get_args(Scaling),
            "For experts: which part of attention the weight acts on, in SD 1.5 and SDXL. V only is usual.",
        ),
        _combo("method", METHODS, "For PuLID: fidelity is the most alike, style the freest, neutral in between."),
        io.Float.Input(
            "shortcut",
            default=1.0,
            min=0.0,
            max=3.0,
            step=0.05,
            optional=True,
            advanced=True,
            tooltip="For FaceID Plus v2: how much of the whole picture joins the face.",
        ),
    ]


def _combo(name: str, options: Any, tooltip: str) -> Any:
    listed = list(options)
    return io.Combo.Input(name, options=listed, default=listed[0], optional=True, advanced=True, tooltip=tooltip)


def _part(name: str, default: float, tooltip: str) -> Any:
    return io.Float.Input(
        name, default=default, min=0.0, max=1.0, step=0.01, optional=True, advanced=True, tooltip=tooltip
    )


def _use(weight: float, mask: torch.Tensor | None, advanced: dict[str, Any]) -> Use:
    """RunError where it ends before it begins."""
    from ...trainer.identity.use import Use

    options = {"method": advanced.pop("method", METHODS[0])}
    return Use(weight=weight, mask=mask, options=options, **advanced)


def _words(adapter: Adapter, identity: Identity, weight: float) -> str:
    kind = adapter.kind
    of = f" of {identity.of}" if identity.of else ""
    return f"{kind.title} ({adapter.path.name}) at {weight:g}{of}. Terms: {kind.licence}, because {kind.why_licence}."


def _too_much(weight: float, lora: float) -> tuple[str, ...]:
    if weight <= _HIGH or lora < _HIGH_LORA:
        return ()
    return (
        f"The adapter is at {weight:g} on a LoRA at {lora:g}: both high draw one and the same face whatever is asked. "
        "Try the LoRA at 0.7 to 0.9 with the adapter at 0.5 to 0.7.",
    )


def _view(node: Any, identity: Identity, report: str, warnings: tuple[str, ...]) -> dict[str, Any]:
    from ...trainer.identity.pictures import face_crop

    if not identity.pictures:
        return {"text": words_of(report), "warning": warnings_of(warnings)}
    return picture_view(to_image([face_crop(identity.pictures[0], _SHOWN)]), node, report, warning=warnings)
