"""InstantID's second half: its ControlNet, shown where the face is and told who it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import FaceError, ModelError
from .._api import io
from ..checked import checked
from ..host.images import from_frame, to_image
from ..panel.sheet import picture_view
from ..readers import AUTO
from ..sockets import IDENTITY, IDENTITY_ADAPTER
from .adapters import AdapterChoice, chosen
from .references import reader_for

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from ...trainer.identity.identity import Identity

_TITLE = "InstantID"


@checked
class InstantIdConditioning(io.ComfyNode):
    """CONDITIONINGs with IdentityNet, whose text is the identity's tokens."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessInstantIdConditioning",
            display_name="InstantID conditioning",
            category="Likeness/5 Use",
            description=(
                "The half of InstantID that Apply identity cannot do: its ControlNet (IdentityNet) holds the face in "
                "place and pose, told by the identity who it is, where other ControlNets read the prompt. Use it "
                "beside Apply identity with the InstantID adapter."
            ),
            search_aliases=[
                "instantid",
                "apply instantid",
                "identitynet",
                "face controlnet",
                "face control net",
                "face pose",
            ],
            is_output_node=True,
            inputs=_inputs(),
            outputs=[
                io.Conditioning.Output(display_name="positive", tooltip="With the ControlNet, told who it is."),
                io.Conditioning.Output(display_name="negative", tooltip="With the ControlNet, told of nobody."),
                io.Image.Output(
                    display_name="hint", tooltip="The five points of the face as the ControlNet sees them."
                ),
            ],
        )

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        positive: Any,
        negative: Any,
        control_net: Any,
        identity: Identity,
        strength: float,
        start: float,
        end: float,
        adapter: AdapterChoice | None = None,
        pose: torch.Tensor | None = None,
    ) -> Any:
        from ...trainer.identity.use import Use
        from ..host.identity.control import apply_instantid_control

        choice = adapter or chosen(_TITLE)
        opened = choice.opened(choice.files[0])
        if opened.kind.name != "instantid":
            raise ModelError(
                f"{opened.path.name} is {opened.kind.title}, which has no ControlNet of its own: wire InstantID's "
                "adapter, or leave adapter open."
            )
        hint = to_image([_hint(identity, pose, choice)])
        tokens = choice.tokens(identity, opened, Use(start=start, end=end))
        conditions = apply_instantid_control(positive, negative, control_net, hint, tokens, strength, start, end)
        said = f"{opened.kind.title}: {opened.kind.licence}, because {opened.kind.why_licence}."
        return io.NodeOutput(*conditions, hint, ui=picture_view(hint, cls, said))


def _inputs() -> list[Any]:
    return [
        io.Conditioning.Input("positive", tooltip="The prompt: what is to be drawn."),
        io.Conditioning.Input("negative", tooltip="What is to be kept out."),
        io.ControlNet.Input("control_net", tooltip="InstantID's own ControlNet, IdentityNet, from core's loader."),
        IDENTITY.Input("identity", tooltip="From Read face with antelopev2, or Load identity."),
        io.Float.Input(
            "strength", default=0.8, min=0.0, max=2.0, step=0.05, tooltip="How firmly place and pose of the face hold."
        ),
        io.Float.Input(
            "start",
            default=0.0,
            min=0.0,
            max=1.0,
            step=0.01,
            advanced=True,
            tooltip="Part of sampling at which it begins: 0 is the first step, 1 the last.",
        ),
        io.Float.Input(
            "end",
            default=1.0,
            min=0.0,
            max=1.0,
            step=0.01,
            advanced=True,
            tooltip="Part of sampling after which it ends: 1 is the last step.",
        ),
        IDENTITY_ADAPTER.Input(
            "adapter",
            optional=True,
            tooltip="The InstantID adapter, from Load identity adapter. Left open, it is found by its name.",
        ),
        io.Image.Input(
            "pose",
            optional=True,
            tooltip=(
                "A picture whose largest face is where the new one is to be. Left open, as in the best reference."
            ),
        ),
    ]


def _hint(identity: Identity, pose: torch.Tensor | None, adapter: AdapterChoice) -> Image.Image:
    from ...trainer.identity.keypoint_image import keypoint_image

    if pose is None:
        if identity.mark is None:
            raise FaceError("Nobody read where eyes, nose and mouth of this identity are: wire a picture into pose.")
        return keypoint_image(identity.mark.size, identity.mark.points)
    return _hint_of(from_frame(pose[0][..., :3]), reader_for(AUTO, adapter))


def _hint_of(picture: Image.Image, reader: Any) -> Image.Image:
    from ...trainer.faces.retry import detect_with_retries
    from ...trainer.identity.keypoint_image import keypoint_image

    faces = detect_with_retries(reader, picture).faces
    if not faces:
        raise FaceError(f"The picture in pose shows no face that {reader.name} finds; take another one.")
    if len(faces[0].points) != 5:
        raise FaceError(
            f"{reader.name} reads no eyes, nose and mouth; choose antelopev2, which InstantID needs anyway."
        )
    return keypoint_image(picture.size, faces[0].points)
