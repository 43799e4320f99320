"""Renders turned into a set that shows the same person in many styles."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from ...trainer.errors import DatasetError
from ...trainer.runtime.duration import duration
from .._api import io, ui
from ..checked import checked
from ..host.images import from_image, to_image
from ..host.page import cancellable, is_cancelled
from ..host.pictures import pictures_folder
from ..panel.budget import warnings_of, words_of
from ..panel.progress import Throttle, show_picture
from ..panel.sheet import counts_of
from ..readers import NO_READER, NO_STYLE_READER, READERS, reader_of, style_reader
from ..sockets import DATASET
from .widgets import control_inputs, control_of, drawing_inputs, retry_inputs, sampling_inputs

if TYPE_CHECKING:
    from PIL.Image import Image

    from ...trainer.augment.rounds import Drawn
    from ...trainer.augment.variants.renderer import VariantAttempt
    from ...trainer.augment.variants.result import VariantResult
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.dataset.sample import Sample

_GUIDE = """# style | denoise | face (strict, loose, flag) | negative
photorealistic portrait, dslr photo | 0.40-0.55 | strict | 3d render, cgi, plastic skin
oil painting portrait | 0.55-0.70 | loose | 3d render, cgi, photo
digital illustration | 0.55-0.70 | loose | 3d render, cgi, photo
pencil sketch | 0.60-0.75 | flag | 3d render, cgi, photo, color
watercolor portrait | 0.55-0.70 | loose | 3d render, cgi, photo"""
_LIVE = 2
_WAYS = ("image to image", "edit")
_EDIT = "Redraw this picture as {style}. Keep the same person, face, expression, pose, clothes and background."


@checked
class MakeStyleVariants(io.ComfyNode):
    """Each render in several styles, kept only where the face is still the same."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessMakeStyleVariants",
            display_name="Make style variants",
            category="Likeness/1 Dataset",
            description=(
                "Redraws every render in other styles with the model you wire in, so that a LoRA learns the person and "
                "not the render. Finds each style's highest denoise at which the face stays the same person's, tries "
                "again what fails, drops what keeps failing and says so, and mixes variants and originals 60/40. "
                "Nothing is drawn twice: cancelled work goes on where it stopped."
            ),
            search_aliases=[
                "img2img",
                "image to image",
                "style transfer",
                "3d render",
                "render to photo",
                "augment",
                "data augmentation",
                "variations",
                "restyle",
                "synthetic",
            ],
            is_input_list=True,  # hints come as a list, one a picture
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=_inputs(),
            outputs=[
                DATASET.Output(display_name="dataset", tooltip="Originals and variants, with their repeats."),
                io.Image.Output(display_name="pairs", tooltip="Each render beside its variants."),
                io.String.Output(display_name="figures", tooltip="What was tried and kept of each style, as JSON."),
            ],
        )

    @classmethod
    def validate_inputs(cls, styles: list[str]) -> bool | str:
        from ...trainer.augment.variants.style import parse_styles

        parse_styles(styles[0])
        return True

    @classmethod
    def execute(cls, **lists: list[Any]) -> Any:
        import json

        from ...trainer.augment.rounds import Drawing
        from ...trainer.augment.variants.make import make_variants
        from ...trainer.augment.variants.picture import draw_variants
        from ..host.generator import HostGenerator

        hints = lists.pop("hints", None)
        choices = {name: values[0] for name, values in lists.items()}
        dataset, reader = choices.pop("dataset"), choices.pop("reader")
        parts = [choices.pop(name) for name in ("model", "clip", "vae")]
        sampling = (choices.pop("sampler", "euler"), choices.pop("scheduler", "simple"))
        control = control_of(choices)
        generator = HostGenerator(*parts, sampling=sampling, control=control)
        faces = None if reader == NO_READER else reader_of(reader)
        looks = style_reader(reader, faces)
        with cancellable():
            drawing = Drawing(
                generator=generator,
                out=pictures_folder("variants"),
                fingerprint=generator.fingerprint(),
                cancelled=is_cancelled,
            )
            followed = _hints(hints, dataset) if control is not None else _none
            work = make_variants(dataset, _plan(**choices), drawing, faces=faces, looks=looks, hints=followed)
            made = _follow(work, cls.hidden.unique_id)
            sheet = to_image([draw_variants(made.dataset.samples, made.kept)])
        said = "\n".join((*made.texts, counts_of(made.dataset), *([] if looks else [NO_STYLE_READER])))
        count = len(made.dropped)
        warning = (f"{count} variants dropped:", *(one.sentence for one in made.dropped)) if count else ()
        shown = {**ui.PreviewImage(sheet, cls=cls).as_dict(), "text": words_of(said), "warning": warnings_of(warning)}
        return io.NodeOutput(made.dataset, sheet, json.dumps(made.to_json(), ensure_ascii=False), ui=shown)


def _none(_: Sample) -> None:
    return None


def _hints(hints: list[Any] | None, dataset: Dataset) -> Callable[[Sample], Image]:
    """What the ControlNet follows for each picture: its own hint, or the one that is for all, or the picture itself."""
    from ...trainer.dataset.sample_pixels import open_sample

    if not hints:
        return open_sample
    pictures = [picture for batch in hints for picture in from_image(batch)]
    if len(pictures) == 1:
        return lambda _: pictures[0]
    if len(pictures) != len(dataset.samples):
        raise DatasetError(
            f"{len(pictures)} hints came with a dataset of {len(dataset.samples)} pictures; make them from the images "
            "of Turn dataset into images, part: all, of the same dataset, or give one for all."
        )
    known = {sample.sha256: picture for sample, picture in zip(dataset.samples, pictures, strict=True)}
    return lambda sample: known[sample.sha256]


def _plan(*, styles: str, cfg: float, way: str = _WAYS[0], **numbers: Any) -> Any:
    from ...trainer.augment.variants.plan import VariantPlan
    from ...trainer.augment.variants.style import parse_styles

    return VariantPlan(styles=parse_styles(styles), guidance=cfg, edits=way == "edit", **numbers)


def _follow(work: Generator[Drawn[VariantAttempt], None, VariantResult], node: str) -> VariantResult:
    """Show the last pairs as they are drawn."""
    from ...trainer.augment.variants.picture import draw_pairs
    from ...trainer.runtime.work import follow

    throttle, shown = Throttle(), deque[Any](maxlen=_LIVE)

    def show(drawn: Drawn[VariantAttempt]) -> None:
        shown.append(drawn)
        if throttle.is_due():
            left = "" if drawn.seconds_left is None else f" · {duration(drawn.seconds_left)} left"
            job = drawn.attempt.job
            said = f"{job.source.path.name} as {job.style.prompt}: {drawn.done} of {drawn.total}{left}"
            show_picture(node, drawn.done, drawn.total, said, draw_pairs(tuple(shown)))

    return follow(work, show)


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="The renders. What is held out is left as it is and never redrawn."),
        *drawing_inputs("The model that redraws: any that KSampler runs."),
        io.String.Input(
            "styles",
            default=_GUIDE,
            multiline=True,
            tooltip=(
                "One style a line: words | denoise range | how the face is held | negative. strict is the set's own "
                "likeness, loose three quarters of it for paintings, flag only tells. Only the words are needed. # "
                "begins a remark."
            ),
        ),
        io.Int.Input(
            "per_render",
            display_name="variants per render",
            default=3,
            min=1,
            max=8,
            tooltip="Variants of each render, styles in turn. 3 to 5 is usual; more styles than that take turns.",
        ),
        io.String.Input(
            "looks",
            display_name="looks of the person",
            default="",
            multiline=True,
            placeholder="woman with short red hair, freckles",
            tooltip=(
                "What the person looks like, for this drawing only: the model does not know your trigger. Keeps far "
                "more faces; captions never get it."
            ),
        ),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=[*READERS, NO_READER],
            default=READERS[0],
            tooltip=(
                "Which face reader compares faces. auto takes the first that is installed, insightface packs before "
                "others; no faces keeps every picture."
            ),
        ),
        *sampling_inputs(),
        *retry_inputs(),
        io.String.Input(
            "render_style",
            display_name="style of the renders",
            default="3d render",
            advanced=True,
            optional=True,
            tooltip="Said in the captions of originals that name no style, so that prompts can ask for another.",
        ),
        io.Combo.Input(
            "way",
            display_name="way of drawing",
            options=list(_WAYS),
            default=_WAYS[0],
            advanced=True,
            optional=True,
            tooltip=(
                "image to image begins at the render, as far as the style's denoise says. edit shows it to an edit "
                "model (Kontext, Qwen-Image-Edit, FLUX.2), which is told to change the style."
            ),
        ),
        io.String.Input(
            "edit",
            display_name="instruction to edit",
            default=_EDIT,
            advanced=True,
            optional=True,
            tooltip="For edit: what the model is told; {style} is the style's words.",
        ),
        *control_inputs("A ControlNet (tile, lineart, depth) that holds the drawing, so that denoise may go higher."),
        io.Image.Input(
            "hints",
            display_name="ControlNet pictures",
            optional=True,
            tooltip=(
                "What the ControlNet follows: one picture for all, or one for each of the dataset, made from Turn "
                "dataset into images. Without it the renders themselves, as a tile ControlNet takes them."
            ),
        ),
    ]
