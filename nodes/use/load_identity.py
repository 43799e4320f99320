"""An identity that Read face saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import ModelError
from .._api import io
from ..checked import UNKNOWN, checked
from ..host.adapter_files import identity_files, identity_path
from ..host.folders import file_fingerprint
from ..panel.budget import words_of
from ..sockets import IDENTITY

if TYPE_CHECKING:
    from ...trainer.identity.identity import Identity

NO_IDENTITY = "save one with Read face, then press R"


@checked
class LoadIdentity(io.ComfyNode):
    """A file beside a LoRA as an IDENTITY."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessLoadIdentity",
            display_name="Load identity",
            category="Likeness/5 Use",
            description=(
                "An identity that Read face saved beside a LoRA. Adapters whose tokens are in it need neither pictures "
                "nor a face model nor an image encoder; others read its faces, where they are their face model's."
            ),
            search_aliases=["load face", "saved face", "saved identity", "face embedding file", "load embeds"],
            is_output_node=True,
            inputs=[
                io.Combo.Input(
                    "identity",
                    options=[*identity_files(), NO_IDENTITY],
                    tooltip="Files that end in .identity.safetensors, of the loras folder.",
                )
            ],
            outputs=[
                IDENTITY.Output(display_name="identity", tooltip="For Apply identity and InstantID conditioning."),
                io.String.Output(
                    display_name="report", tooltip="Which face model read it, and which adapters know it."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, identity: str) -> bool | str:
        if identity == NO_IDENTITY:
            return "No identity is chosen. Save one with Read face, press R, and choose it."
        identity_path(identity)
        return True

    @classmethod
    def fingerprint_inputs(cls, identity: str | None) -> Any:
        if identity is None:
            return UNKNOWN
        try:
            return file_fingerprint(identity_path(identity))
        except ModelError:  # asked of nodes that are not going to run, too
            return ""

    @classmethod
    def execute(cls, identity: str) -> Any:
        from ...trainer.identity.identity_file import read_identity_file

        found = read_identity_file(identity_path(identity))
        report = _words(found)
        return io.NodeOutput(found, report, ui={"text": words_of(report)})


def _words(identity: Identity) -> str:
    from ...trainer.identity.kinds import KINDS

    faces = 0 if identity.faces is None else len(identity.faces)
    read = f"{faces} faces read by {identity.face_model}" if faces else "no face, pictures alone"
    titles = dict.fromkeys(KINDS[key.kind].title if key.kind in KINDS else key.kind for key in identity.tokens)
    ready = f"Ready for {', '.join(titles)}." if titles else "No adapter's tokens are in it yet."
    return f"{f'{identity.of}: ' if identity.of else ''}{read}. {ready}"
