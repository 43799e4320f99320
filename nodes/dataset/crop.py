"""Crops that frame a character alike in every picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...trainer.errors import FaceError
from .._api import io
from ..checked import checked
from ..host.images import to_image
from ..host.page import cancellable, is_cancelled
from ..host.pictures import pictures_folder
from ..panel.progress import reporter
from ..panel.sheet import counts_of, picture_view
from ..readers import AUTO, READERS, no_reader, reader_of
from ..sockets import DATASET

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset

FACE, BODY = "face", "body"
KEEP_OUT, KEEP_WHOLE = "keep out", "keep whole"
_OUTSIDE: Mapping[str, Any] = {
    "make the crop smaller": "shrink",
    "repeat the edge": "edge",
    "white": "colour",
    "transparent": "transparent",
}


@checked
class CropDataset(io.ComfyNode):
    """Squares around faces, or figures with close-ups of the same originals."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessCropDataset",
            display_name="Crop to face or body",
            category="Likeness/1 Dataset",
            description=(
                "face: squares in which the face fills the same part of every picture, eyes at one height, neck and "
                "shoulders in. body: whole figures on the sizes a trainer uses, with close-ups from the same originals "
                "at 70/30. Faces are found on the original; nothing is enlarged beyond a limit or mirrored in."
            ),
            search_aliases=[
                "crop face",
                "face crop",
                "crop faces",
                "crop images",
                "autocrop",
                "head crop",
                "portrait",
                "close-up",
                "square",
                "full body",
                "framing",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[*_inputs(), *_advanced_inputs()],
            outputs=[
                DATASET.Output(
                    display_name="dataset", tooltip="The crops, with the captions and faces of their originals."
                ),
                io.Image.Output(display_name="preview", tooltip="The boxes drawn on the originals."),
            ],
        )

    @classmethod
    def execute(cls, dataset: Dataset, reader: str, baselines: str = "", **choices: Any) -> Any:
        from ...trainer.dataset.crop.crop import crop_dataset
        from ...trainer.dataset.crop.picture import draw_boxes
        from ...trainer.dataset.pick.baselines import named_baselines
        from ...trainer.dataset.pick.likeness import choice_by

        node = cls.hidden.unique_id
        faces, unread = _reader(reader, dataset, choices["without_face"])
        shown = named_baselines(dataset, baselines.split(","))
        if shown and faces is None:
            unread = (*unread, "Without a face reader the baselines tell nothing, and are not looked at.")
        with cancellable():
            cropped = crop_dataset(
                dataset,
                rule_of(**choices),
                faces,
                pictures_folder("crops"),
                choice=choice_by(faces, shown),
                progress=reporter(node, "Cropping"),
                cancelled=is_cancelled,
            )
            boxes = draw_boxes(cropped, progress=reporter(node, "Drawing"), cancelled=is_cancelled)
        preview = to_image([boxes])
        said = "\n".join((*cropped.texts, counts_of(cropped.dataset)))
        kept_out = tuple(f"{left.name}: {left.why}" for left in cropped.left_out)
        warning = (*unread, f"{len(kept_out)} kept out:", *kept_out) if kept_out else unread
        return io.NodeOutput(cropped.dataset, preview, ui=picture_view(preview, cls, said, warning=warning))


def _reader(choice: str, dataset: Dataset, without_face: str) -> tuple[Any, tuple[str, ...]]:
    """The face reader, and a warning where there is none: faces marked before are used then, or pictures stay whole.

    Without either it is an error, which offers to keep them whole.
    """
    try:
        return reader_of(choice), ()
    except FaceError:
        if choice != AUTO:
            raise
    if any(sample.face is not None for sample in dataset.samples):
        return None, (f"Cropped by the faces that were marked before. {no_reader()}",)
    if without_face == KEEP_WHOLE:
        return None, (f"No face was looked for, so every picture is kept whole. {no_reader()}",)
    raise FaceError(
        f"Nothing can be cropped to a face. Set without_face to {KEEP_WHOLE!r} to go on with whole pictures, or "
        f"bypass this node. {no_reader()}"
    )


def rule_of(  # noqa: PLR0913
    *,
    mode: str,
    resolution: int,
    without_face: str,
    face_share: float = 0.6,
    close_ups: float = 0.3,
    upscale_limit: float = 1.5,
    outside: str = "make the crop smaller",
    straighten: bool = False,
) -> Any:
    """The engine's rule for the node's choices."""
    from ...trainer.dataset.crop.crop import BodyCrop, FaceCrop

    no_face = "leave out" if without_face == KEEP_OUT else "keep whole"
    face = FaceCrop(
        share=face_share,
        resolution=resolution,
        max_upscale=upscale_limit,
        outside=_OUTSIDE[outside],
        no_face=no_face,
        straighten=straighten,
    )
    if mode == FACE:
        return face
    return BodyCrop(
        resolution=resolution,
        body=round(1 - close_ups, 4),
        max_upscale=upscale_limit,
        smallest=resolution // 2,
        close_up=face,
        no_face=no_face,
    )


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="The pictures to crop; the originals stay as they are."),
        io.Combo.Input(
            "mode",
            options=[FACE, BODY],
            default=FACE,
            tooltip="face for a character's face, the usual choice. body when clothes and figure belong to it.",
        ),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=[*READERS],
            default=READERS[0],
            tooltip=(
                "Which face reader finds the faces. auto takes an insightface pack that lies in models/insightface, "
                "else the first other that is installed."
            ),
        ),
        io.Int.Input(
            "resolution",
            default=1024,
            min=64,
            max=2048,
            step=64,
            tooltip=(
                "Side of the crops in pixels, as you will train: 1024 for SDXL and FLUX, 128 for the demo base. Bodies "
                "have as many pixels at most, on sides from half to twice of it in steps of 64."
            ),
        ),
        io.Combo.Input(
            "without_face",
            display_name="pictures without a face",
            options=[KEEP_OUT, KEEP_WHOLE],
            default=KEEP_OUT,
            tooltip="Pictures in which no face is found: named and kept out, or kept (body cuts them to size).",
        ),
    ]


def _advanced_inputs() -> list[Any]:
    return [
        io.Float.Input(
            "face_share",
            display_name="height of the face",
            default=0.6,
            min=0.5,
            max=0.7,
            step=0.01,
            tooltip="Part of the square's height the face fills. 0.6 is best; above 0.62 hair starts to be cut.",
        ),
        io.Float.Input(
            "close_ups",
            display_name="share of close-ups",
            default=0.3,
            min=0.05,
            max=0.95,
            step=0.05,
            advanced=True,
            tooltip="With body: share of training that close-ups of the same originals get. 0.3 is usual.",
        ),
        io.Float.Input(
            "upscale_limit",
            default=1.5,
            min=1.0,
            max=2.0,
            step=0.1,
            advanced=True,
            tooltip="Crops are enlarged at most so much; smaller faces give smaller pictures. 1 never enlarges.",
        ),
        io.Combo.Input(
            "outside",
            display_name="outside the picture",
            options=[*_OUTSIDE],
            default=next(iter(_OUTSIDE)),
            advanced=True,
            tooltip="What to do where the square leaves the picture. It is moved first; nothing is ever mirrored in.",
        ),
        io.Boolean.Input(
            "straighten",
            default=False,
            advanced=True,
            tooltip="Turn heads upright that lean by more than 15 degrees. Off keeps poses as they are.",
        ),
        io.String.Input(
            "baselines",
            display_name="surely the character",
            default="",
            optional=True,
            advanced=True,
            placeholder="002.png, 005.png, 011.png (empty: whom most pictures show)",
            tooltip=("Names of up to three pictures that surely show the character: of several faces theirs is taken."),
        ),
    ]
