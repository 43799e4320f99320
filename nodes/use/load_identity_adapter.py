"""An identity adapter with all that it needs, by the name of its kind or of its file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...trainer.errors import LikenessError
from .._api import io
from ..checked import checked
from ..host.adapter_files import adapter_files, adapter_folders, installed_files, no_adapter
from ..panel.budget import warnings_of, words_of
from ..sockets import IDENTITY_ADAPTER
from .adapters import AUTO, DEMO_ADAPTER, AdapterChoice, chosen, encoder_path

if TYPE_CHECKING:
    from ...trainer.identity.kinds import AdapterKind

_TITLES = {"sd15": "SD 1.5", "sdxl": "SDXL", "flux1": "FLUX.1"}
"""Families of adapters, in words."""


@checked
class LoadIdentityAdapter(io.ComfyNode):
    """A preset or a file as an IDENTITY_ADAPTER."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessLoadIdentityAdapter",
            display_name="Load identity adapter",
            category="Likeness/5 Use",
            description=(
                "An adapter that brings a face from reference pictures: IP-Adapter, FaceID, InstantID, PuLID, for "
                "SD 1.5, SDXL or FLUX.1. By its kind, which finds its files, or by its file. Says what is missing and "
                "where it goes, and under which terms it may be used. Nothing is downloaded."
            ),
            search_aliases=[
                "ipadapter",
                "ipadapter loader",
                "ipadapter unified loader",
                "pulid",
                "pulid loader",
                "instantid",
                "instantid loader",
                "faceid",
                "ip adapter",
                "load adapter",
            ],
            is_output_node=True,
            inputs=[
                io.Combo.Input(
                    "adapter",
                    options=_options(),
                    default=AUTO,
                    tooltip=(
                        "auto: of those installed the first that fits the model and the identity. A kind finds its "
                        "files by their names; any other file is listed with its folder."
                    ),
                ),
                io.ClipVision.Input(
                    "clip_vision",
                    optional=True,
                    tooltip="CLIP ViT-H, bigG or L of core's loader, in place of the file in models/clip_vision.",
                ),
            ],
            outputs=[
                IDENTITY_ADAPTER.Output(
                    display_name="adapter", tooltip="For Read face, Apply identity and InstantID conditioning."
                ),
                io.String.Output(display_name="licence", tooltip="Under which terms it may be used, and why."),
            ],
        )

    @classmethod
    def validate_inputs(cls, adapter: str) -> bool | str:
        if adapter not in (AUTO, DEMO_ADAPTER) and adapter not in _options():
            return no_adapter(adapter)
        return True

    @classmethod
    def fingerprint_inputs(cls, adapter: str | None, **_: Any) -> Any:
        """Files that came, went or changed count, those of encoders and face models too, of which it warns."""
        return adapter, tuple(installed_files())

    @classmethod
    def execute(cls, adapter: str, clip_vision: Any = None) -> Any:
        found = replace(chosen(adapter), clip_vision=clip_vision)
        licence = "\n".join(_terms(kind) for kind in found.kinds())
        shown = {"text": words_of(_words(found, licence)), "warning": warnings_of(_missing(found))}
        return io.NodeOutput(found, licence, ui=shown)


def _options() -> list[str]:
    from ...trainer.identity.kinds import KINDS

    adapter_folders()
    return [AUTO, *(kind.title for kind in KINDS.values()), *adapter_files()]


def _terms(kind: AdapterKind) -> str:
    return f"{kind.title}: {kind.licence}, because {kind.why_licence}."


def _words(found: AdapterChoice, licence: str) -> str:
    files = [f"{file.path.name}{_made_for(file.family)}" for file in found.files]
    return "\n".join((f"Found {', '.join(files)}.", licence))


def _made_for(family: str) -> str:
    return f" for {_TITLES.get(family, family)}" if family else ""


def _missing(found: AdapterChoice) -> list[str]:
    """Encoders and face models that are not there. No error: an identity may have the tokens already."""
    from ...trainer.identity.identity import READERS_OF
    from ..readers import reader_of

    if found.is_auto:
        return []
    faults: list[str] = []
    for kind in found.kinds():
        try:
            if kind.images and not (found.clip_vision and kind.images.startswith("clip")):
                encoder_path(kind.images)
            if kind.face_model:
                reader_of(READERS_OF[kind.face_model])
        except LikenessError as fault:
            faults.append(f"{kind.title}: {fault}")
    return faults
