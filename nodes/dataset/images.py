"""Pictures of the host's own nodes into a dataset, and back."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from PIL import Image

from ...trainer.dataset.dataset import ANY_SUBJECT, Dataset
from ...trainer.errors import DatasetError
from .._api import io
from ..checked import checked
from ..host.images import from_frame, to_image
from ..host.page import cancellable, stop_if_cancelled
from ..host.pictures import keep_picture
from ..panel.budget import words_of
from ..panel.progress import reporter
from ..panel.sheet import dataset_view, held_out_line
from ..sockets import DATASET
from .widgets import alpha_input, alpha_of

TRAIN, HELD_OUT, ALL = "training", "held out", "all"


@checked
class ImagesToDataset(io.ComfyNode):
    """IMAGE batches or lists with captions as a DATASET."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessImagesToDataset",
            display_name="Turn images into dataset",
            category="Likeness/1 Dataset",
            description=(
                "Takes pictures from any node (a batch or a list) with their captions (a list, one a picture) as a "
                "dataset. The pictures are written once, under output/likeness_pictures, named by their contents."
            ),
            search_aliases=[
                "images to dataset",
                "make dataset",
                "create dataset",
                "dataset from images",
                "dataset",
                "image batch",
                "batch to dataset",
                "captions",
            ],
            is_input_list=True,
            has_intermediate_output=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                io.Image.Input(
                    "images", tooltip="One picture, a batch, or a list of them. In a list sizes may differ."
                ),
                io.String.Input(
                    "trigger",
                    default="wrenna_character",
                    tooltip="One made-up word that will mean this character, like wrenna_character.",
                ),
                io.String.Input(
                    "subject",
                    default="person",
                    tooltip="What the character is in one plain word: person, woman, man, robot, cat.",
                ),
                io.Int.Input(
                    "held_out",
                    display_name="held-out pictures",
                    default=0,
                    min=0,
                    max=64,
                    tooltip=(
                        "How many pictures, from the end, are kept out of training to measure likeness with. 3 to 8 "
                        "is good; 0 keeps none out."
                    ),
                ),
                io.String.Input(
                    "captions",
                    optional=True,
                    force_input=True,
                    tooltip=(
                        "One caption a picture, in order; a single one goes to all. Left open, no picture has a "
                        "caption."
                    ),
                ),
                io.Mask.Input(
                    "masks",
                    optional=True,
                    tooltip="Load Image's mask: what it covers is transparent. One a picture, in order.",
                ),
                alpha_input(),
            ],
            outputs=[DATASET.Output(display_name="dataset", tooltip="Pictures, captions and trigger word.")],
        )

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        images: list[torch.Tensor],
        trigger: list[str],
        subject: list[str],
        held_out: list[int],
        captions: list[str] | None = None,
        masks: list[torch.Tensor] | None = None,
        alpha: list[str] | None = None,
    ) -> Any:
        from ...trainer.dataset.split import hold_out

        frames, covers = _frames(images), _frames(masks or [])
        pictures = _with_masks(frames, covers)
        words = _captions(captions or [], len(frames))
        progress = reporter(cls.hidden.unique_id, "Writing")
        with cancellable():
            samples = []
            for number, (picture, caption) in enumerate(zip(pictures, words, strict=True), 1):
                stop_if_cancelled()
                samples.append(_sample(picture, caption, alpha_of((alpha or ["white"])[0])))
                progress(number, len(words), samples[-1].path.name[:12])
        dataset = Dataset(
            samples=hold_out(samples, held_out[0]),
            trigger=trigger[0].strip(),
            subject=subject[0].strip() or ANY_SUBJECT,
            root=samples[0].path.parent,
        )
        return io.NodeOutput(dataset, ui=dataset_view(dataset, cls, told=held_out_line(dataset)))


@checked
class DatasetToImages(io.ComfyNode):
    """A DATASET as an IMAGE list and a STRING list."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessDatasetToImages",
            display_name="Turn dataset into images",
            category="Likeness/1 Dataset",
            description=(
                "The pictures and captions of a dataset as lists, in the same order, for ComfyUI's own nodes: "
                "previews, upscalers, caption writers, face landmarks. Lists hold every picture in memory: 30 pictures "
                "of 1024 × 1024 take 0.4 GB."
            ),
            search_aliases=[
                "dataset to images",
                "unpack dataset",
                "preview dataset",
                "image list",
                "images from dataset",
                "captions",
                "training images",
            ],
            has_intermediate_output=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                DATASET.Input("dataset", tooltip="The dataset whose pictures and captions are wanted."),
                io.Combo.Input(
                    "part",
                    options=[ALL, TRAIN, HELD_OUT],
                    default=ALL,
                    tooltip="All pictures, only those trained on, or only those held out to measure with.",
                ),
            ],
            outputs=[
                io.Image.Output(display_name="images", is_output_list=True, tooltip="The pictures, one by one."),
                io.String.Output(
                    display_name="captions",
                    is_output_list=True,
                    tooltip="The captions of the pictures, in the same order.",
                ),
            ],
        )

    @classmethod
    def execute(cls, dataset: Dataset, part: str) -> Any:
        from ...trainer.dataset.sample_pixels import open_sample

        samples = {TRAIN: dataset.train, HELD_OUT: dataset.held_out}.get(part, dataset.samples)
        if not samples:
            raise DatasetError(f"The dataset has no {part} pictures; choose all, or hold some out when loading.")
        progress = reporter(cls.hidden.unique_id, "Reading")
        images: list[torch.Tensor] = []
        with cancellable():
            for number, sample in enumerate(samples, 1):
                stop_if_cancelled()
                images.append(to_image([open_sample(sample)]))
                progress(number, len(samples), sample.path.name)
        captions = [sample.caption for sample in samples]
        said = f"{len(images)} pictures, {sum(bool(caption) for caption in captions)} with a caption."
        return io.NodeOutput(images, captions, ui={"text": words_of(said)})


def _frames(batches: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [frame for batch in batches for frame in batch]


def _with_masks(frames: list[torch.Tensor], masks: list[torch.Tensor]) -> Iterator[Image.Image]:
    """The pictures one by one, so that they are not in memory twice."""
    if not frames:
        raise DatasetError("No pictures came in; wire a batch or a list of images.")
    if masks and len(masks) != len(frames):
        raise DatasetError(f"{len(frames)} pictures came with {len(masks)} masks; wire one mask a picture, or none.")
    if not masks:
        return map(from_frame, frames)
    return (_masked(from_frame(frame), mask) for frame, mask in zip(frames, masks, strict=True))


def _masked(picture: Image.Image, mask: torch.Tensor) -> Image.Image:
    """The host's masks are 1 where a picture is transparent, and small and empty where it has no transparency."""
    if not bool(mask.any()):
        return picture
    if tuple(mask.shape) != (picture.height, picture.width):
        raise DatasetError(
            f"A mask of {mask.shape[1]} × {mask.shape[0]} came with a picture of {picture.width} × {picture.height}; "
            "wire the mask of the same Load Image."
        )
    layered = picture.convert("RGB")
    layered.putalpha(Image.fromarray((1 - mask.clamp(0, 1)).mul(255).round().to(torch.uint8).cpu().numpy()))
    return layered


def _captions(captions: list[str], count: int) -> list[str]:
    if len(captions) in (0, 1):
        return (captions or [""]) * count
    if len(captions) != count:
        raise DatasetError(f"{count} pictures came with {len(captions)} captions; wire one a picture, or one for all.")
    return captions


def _sample(picture: Image.Image, caption: str, alpha: Any) -> Any:
    from ...trainer.dataset.sample import Sample
    from ...trainer.images.pixels import load_rgb, pixel_sha256

    path = keep_picture(picture)
    layered = picture.mode == "RGBA"
    text = " ".join(caption.split())
    return Sample(
        path=path,
        sha256=pixel_sha256(load_rgb(path, alpha.matte) if layered else picture),
        width=picture.width,
        height=picture.height,
        caption=text,
        author="hand" if text else "none",
        matte=alpha.matte,
        masked=alpha.masked and layered,
    )
