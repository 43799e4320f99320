"""Reference pictures, or a whole dataset, read as one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..host.folders import check_name
from ..host.images import to_image
from ..host.page import cancellable, is_cancelled
from ..panel.progress import reporter
from ..panel.sheet import picture_view
from ..readers import AUTO, READERS
from ..sockets import DATASET, IDENTITY, IDENTITY_ADAPTER, LORA, ChosenLora
from .references import pictures_of, reader_for

if TYPE_CHECKING:
    import torch

    from ...trainer.dataset.dataset import Dataset
    from ...trainer.identity.identity import Identity
    from ...trainer.identity.pictures_seen import NamedPicture
    from .adapters import AdapterChoice

LIKE_CHARACTER = "like the character"
SELECT = ("largest", "most central", "index", LIKE_CHARACTER)
NO_FACE = ("error", "skip", "pass through")
_MOST_SHOWN = 12


@checked
class ReadFace(io.ComfyNode):
    """IMAGEs and a DATASET as an IDENTITY."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessReadFace",
            display_name="Read face",
            category="Likeness/5 Use",
            description=(
                "Reads who is in the pictures, for identity adapters: one face of each, without those of other people, "
                "and all together, for many pictures tell a face better than one. Says what it found and took. "
                "Saved beside a LoRA, the identity is used again without pictures or face models."
            ),
            search_aliases=[
                "face embedding",
                "face embeds",
                "face analysis",
                "detect face",
                "reference face",
                "reference image",
                "insightface",
                "ipadapter faceid",
                "pulid",
                "instantid",
                "face crop",
            ],
            is_input_list=True,  # pictures of several sizes come as a list
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=_inputs(),
            outputs=_outputs(),
        )

    @classmethod
    def validate_inputs(cls, save_as: list[str]) -> bool | str:
        if save_as[0].strip():
            check_name(save_as[0].strip())
        return True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        select: list[str],
        on_no_face: list[str],
        reader: list[str],
        save_as: list[str],
        index: list[int],
        crop_size: list[int],
        images: list[torch.Tensor] | None = None,
        dataset: list[Dataset] | None = None,
        adapter: list[AdapterChoice] | None = None,
        lora: list[ChosenLora] | None = None,
    ) -> Any:
        from ...trainer.identity.pictures_seen import Reading
        from ...trainer.identity.read import read_faces
        from ...trainer.runtime.work import follow

        known = _of_datasets(dataset or [])
        pictures = [*known, *pictures_of(images or [])]
        wanted = adapter[0] if adapter else None
        policy: Any = "character" if select[0] == LIKE_CHARACTER else select[0]
        missing: Any = on_no_face[0]
        how = Reading(select=policy, index=index[0], on_no_face=missing, crop_side=crop_size[0], known=len(known))
        progress, done = reporter(cls.hidden.unique_id, "Reading"), iter(range(1, len(pictures) + 1))
        who = reader_for(reader[0], wanted)
        with cancellable():
            read = follow(
                read_faces(pictures, who, how, is_cancelled), lambda name: progress(next(done), len(pictures), name)
            )
            identity = _prepared(_named(read.identity, dataset or [], lora), wanted)
        name = save_as[0].strip() or (lora[0].path.stem if lora else "")
        saved = _saved(identity, name)
        report = "\n".join((f"Read by {who.name}. {who.licence}", read.report, *saved))
        crops = to_image(read.crops)
        view = picture_view(crops[:_MOST_SHOWN], cls, report, warning=tuple(read.warnings))
        return io.NodeOutput(identity, crops, report, ui=view)


def _inputs() -> list[Any]:
    return [
        io.Combo.Input(
            "select",
            display_name="which face",
            options=list(SELECT),
            default=SELECT[0],
            tooltip=(
                "Which face is taken where a picture shows several. like the character: the one most like the "
                "dataset's faces, without a dataset like the person whom most pictures show."
            ),
        ),
        io.Combo.Input(
            "on_no_face",
            display_name="without a face",
            options=list(NO_FACE),
            default=NO_FACE[0],
            tooltip=(
                "What to do with a picture without a face. error stops and names it, skip leaves it out, pass "
                "through keeps it whole for adapters that look at pictures alone."
            ),
        ),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=list(READERS),
            default=AUTO,
            tooltip=(
                "Which face reader reads the faces. auto: the one that the wired adapter learned from; without an "
                "adapter antelopev2 or buffalo_l, and else what is installed. Adapters refuse another one's faces."
            ),
        ),
        io.String.Input(
            "save_as",
            default="",
            placeholder="(the wired LoRA's name)",
            tooltip=(
                "Saves the identity into loras/likeness by this name. Empty: beside the wired LoRA, and without one "
                "nothing is saved."
            ),
        ),
        io.Int.Input(
            "index",
            display_name="face number",
            default=0,
            min=0,
            max=99,
            advanced=True,
            tooltip="With which face set to index: the face's number, counted from 0 at the left.",
        ),
        io.Int.Input(
            "crop_size",
            default=512,
            min=112,
            max=1024,
            step=16,
            advanced=True,
            tooltip="Side of the crops in pixels. Adapters cut their own; this is for you and other nodes.",
        ),
        io.Image.Input(
            "images",
            optional=True,
            tooltip="Pictures of one person: one, a batch, or a list of any sizes. Beside a dataset, or alone.",
        ),
        DATASET.Input(
            "dataset", optional=True, tooltip="The character's pictures: those to train on, without what is held out."
        ),
        IDENTITY_ADAPTER.Input(
            "adapter",
            optional=True,
            tooltip=(
                "From Load identity adapter: its face model reads, and what it makes of the face is saved with the "
                "identity."
            ),
        ),
        LORA.Input("lora", optional=True, tooltip="The LoRA beside which the identity is saved, by its name."),
    ]


def _outputs() -> list[Any]:
    return [
        IDENTITY.Output(display_name="identity", tooltip="For Apply identity and InstantID conditioning."),
        io.Image.Output(display_name="crops", tooltip="The faces that were taken, upright, one a picture."),
        io.String.Output(
            display_name="report", tooltip="A line a picture: faces, the box that was taken, its score and its turn."
        ),
    ]


def _of_datasets(datasets: Sequence[Dataset]) -> list[NamedPicture]:
    from ...trainer.dataset.sample_pixels import open_sample
    from ...trainer.identity.pictures_seen import NamedPicture

    samples = [sample for dataset in datasets for sample in dataset.train or dataset.samples]
    return [NamedPicture(name=sample.path.name, open=lambda one=sample: open_sample(one)) for sample in samples]


def _named(identity: Identity, datasets: Sequence[Dataset], lora: Sequence[ChosenLora] | None) -> Identity:
    from dataclasses import replace

    of = datasets[0].trigger if datasets else (lora[0].trigger if lora else "")
    return replace(identity, of=of)


def _prepared(identity: Identity, adapter: AdapterChoice | None) -> Identity:
    """With the tokens of the adapter that is wired, for each family that it has a file for."""
    from ...trainer.identity.use import Use

    if adapter is None or adapter.is_auto:
        return identity
    for file in adapter.files:
        identity = adapter.read(identity, adapter.opened(file), Use())
    return identity


def _saved(identity: Identity, name: str) -> tuple[str, ...]:
    from ..host.adapter_files import publish_identity

    return (f"Saved as {publish_identity(identity, name)}.",) if name else ()
