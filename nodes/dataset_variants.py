"""Renders turned into a set that shows the same person in many styles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..trainer.errors import DatasetError
from . import host
from ._api import io, ui
from .faces import DEMO_DRAWINGS, NO_READER, READERS, reader_of
from .host_files import pictures_folder
from .pulse import Pulse, duration
from .sheet import counts_of
from .sockets import DATASET

if TYPE_CHECKING:
    from ..trainer.dataset.dataset import Dataset
    from ..trainer.variants.made import Made

_GUIDE = """# style | denoise | face (strict, loose, flag) | negative
photorealistic portrait, dslr photo | 0.40-0.55 | strict | 3d render, cgi, plastic skin
oil painting portrait | 0.55-0.70 | loose | 3d render, cgi, photo
digital illustration | 0.55-0.70 | loose | 3d render, cgi, photo
pencil sketch | 0.60-0.75 | flag | 3d render, cgi, photo, color
watercolor portrait | 0.55-0.70 | loose | 3d render, cgi, photo"""


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
            search_aliases=["img2img", "style transfer", "3d render", "augment", "variations", "restyle", "synthetic"],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[*_inputs(), *_advanced_inputs()],
            outputs=[
                DATASET.Output(display_name="dataset", tooltip="Originals and variants, with their repeats."),
                io.Image.Output(display_name="pairs", tooltip="Each render beside its variants."),
                io.String.Output(display_name="figures", tooltip="What was tried and kept of each style, as JSON."),
            ],
        )

    @classmethod
    def validate_inputs(cls, styles: str) -> bool | str:
        from ..trainer.variants.style import parse_styles

        try:
            parse_styles(styles)
        except DatasetError as fault:
            return str(fault)
        return True

    @classmethod
    def execute(cls, dataset: Dataset, model: Any, clip: Any, vae: Any, reader: str, **choices: Any) -> Any:  # noqa: PLR0913
        import json

        from ..trainer.variants.make import make_variants
        from ..trainer.variants.picture import draw_variants
        from .host_generator import HostGenerator

        sampling = (choices.pop("sampler", "euler"), choices.pop("scheduler", "simple"))
        generator = HostGenerator(model, clip, vae, sampling=sampling)
        faces = None if reader == NO_READER else reader_of(reader)
        with host.cancellable():
            events = make_variants(
                dataset,
                _plan(**choices),
                generator,
                pictures_folder() / "variants",
                faces=faces,
                looks=faces if reader == DEMO_DRAWINGS else None,
                fingerprint=generator.fingerprint(),
                cancelled=host.is_cancelled,
            )
            made = _follow(events, cls.hidden.unique_id)
            sheet = host.to_image([draw_variants(made.dataset.samples, made.kept)])
        said = "\n".join((*made.texts, counts_of(made.dataset)))
        count = len(made.dropped)
        warning = (f"{count} variants dropped:", *(one.sentence for one in made.dropped)) if count else ()
        shown = {**ui.PreviewImage(sheet, cls=cls).as_dict(), "text": (said,), "warning": warning}
        return io.NodeOutput(made.dataset, sheet, json.dumps(made.to_json(), ensure_ascii=False), ui=shown)


def _plan(*, styles: str, cfg: float, **numbers: Any) -> Any:
    from ..trainer.variants.plan import VariantPlan
    from ..trainer.variants.style import parse_styles

    return VariantPlan(styles=parse_styles(styles), guidance=cfg, **numbers)


def _follow(events: Iterable[Any], node: str) -> Made:
    """Show each pair as it is drawn; the last event is what was made."""
    from ..trainer.variants.picture import draw_pair

    pulse, last = Pulse(), None
    for last in events:
        if hasattr(last, "attempt") and pulse.is_due():
            left = "" if last.seconds_left is None else f" · {duration(last.seconds_left)} left"
            attempt = last.attempt
            host.show_progress(node, last.done, max(last.total, 1), draw_pair(last))
            said = f"{attempt.job.source.path.name} as {attempt.job.style.prompt}: {last.done} of {last.total}{left}"
            host.send("likeness.note", {"node": node, "text": said})
    assert last is not None
    return last


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="The renders. What is held out is left as it is and never redrawn."),
        io.Model.Input("model", tooltip="The model that redraws: any that KSampler runs."),
        io.Clip.Input("clip", tooltip="Its text encoder."),
        io.Vae.Input("vae", tooltip="Its VAE."),
        io.String.Input(
            "styles",
            default=_GUIDE,
            multiline=True,
            tooltip=(
                "One style a line: words | denoise range | how the face is held | negative. strict is the face "
                "reader's own threshold, loose three quarters of it for paintings, flag only tells. Only the words are "
                "needed. # begins a remark."
            ),
        ),
        io.Int.Input(
            "per_render",
            default=3,
            min=1,
            max=8,
            tooltip="Variants of each render, styles in turn. 3 to 5 is usual; more styles than that take turns.",
        ),
        io.String.Input(
            "looks",
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
            options=[*READERS, NO_READER],
            default=READERS[0],
            tooltip="Who compares faces: auto takes an insightface pack, else OpenCV. no faces keeps everything.",
        ),
        io.Int.Input(
            "resolution",
            default=1024,
            min=64,
            max=2048,
            step=64,
            tooltip="About this many pixels squared, in each render's own shape: 1024 for SDXL and FLUX, 128 for demo.",
        ),
    ]


def _advanced_inputs() -> list[Any]:
    return [
        io.Int.Input("steps", default=20, min=1, max=100, tooltip="Sampling steps, all of them whatever the denoise."),
        io.Float.Input("cfg", default=5.0, min=1.0, max=20.0, step=0.1, tooltip="How closely the words are followed."),
        io.Int.Input(
            "seed",
            default=0,
            min=0,
            max=2**32 - 1,
            control_after_generate=False,
            tooltip="Every picture has a seed of its own that comes from this one.",
        ),
        io.Combo.Input(
            "sampler", options=host.samplers(), default="euler", advanced=True, optional=True, tooltip="As in KSampler."
        ),
        io.Combo.Input(
            "scheduler",
            options=host.schedulers(),
            default="simple",
            advanced=True,
            optional=True,
            tooltip="As in KSampler.",
        ),
        io.Float.Input(
            "share",
            default=0.6,
            min=0.1,
            max=0.9,
            step=0.05,
            advanced=True,
            optional=True,
            tooltip="Share of training that variants get, solved in repeats. 0.6 is usual.",
        ),
        io.Int.Input(
            "retries",
            default=3,
            min=0,
            max=10,
            advanced=True,
            optional=True,
            tooltip="How often a variant that fails is tried again: once with a new seed, then at lower denoise.",
        ),
        io.String.Input(
            "render_style",
            default="3d render",
            advanced=True,
            optional=True,
            tooltip="Said in the captions of originals that name no style, so that prompts can ask for another.",
        ),
    ]
