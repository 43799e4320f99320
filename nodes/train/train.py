"""Train a character, and watch it being learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import RunError
from .._api import io
from ..checked import UNKNOWN, checked
from ..host.compute import device, memory_handed_over
from ..host.folders import file_fingerprint, run_folder
from ..host.lora_files import NOTHING, loras, publish_lora, start_fault, start_path
from ..host.page import cancellable, is_cancelled
from ..readers import AUTO, DEMO_DRAWINGS, READERS, readers_of
from ..sockets import BASE, DATASET, RECIPE, RUN, Run
from .preset import FITTING, preset_input, recipe_for
from .removed_runs import note_run, times_removed

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.families.base import Base
    from ...trainer.recipe.recipe import Recipe
    from ...trainer.scoring.report.manager_info import Example
    from ..panel.run import RunPage


@checked
class TrainCharacterLora(io.ComfyNode):
    """Trains in the host's process; stops, resumes and answers at once."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessTrainCharacterLora",
            display_name="Train character LoRA",
            category="Likeness/3 Train",
            description=(
                "Teaches the base model one character. Everything is kept under output/likeness/<name>. Cancel saves "
                "and stops; queue again and it goes on from there, to the same file as if it had never stopped. A "
                "finished run answers at once. The last checkpoint appears in LoraLoader as likeness/<name>."
            ),
            search_aliases=[
                "train lora",
                "lora",
                "lora training",
                "lora trainer",
                "train",
                "trainer",
                "training",
                "make lora",
                "finetune",
                "fine-tune",
                "dreambooth",
                "kohya",
                "ai-toolkit",
                "flux trainer",
                "character",
                "face",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                DATASET.Input("dataset", tooltip="Who to learn: pictures, captions, trigger."),
                BASE.Input("base", tooltip="What to train on, from Choose base model or Load demo base model."),
                RECIPE.Input(
                    "recipe",
                    optional=True,
                    tooltip="How to train, from Choose training recipe. Left open, the preset below says it.",
                ),
                io.String.Input(
                    "name",
                    default="my_character",
                    tooltip=(
                        "Names the run's folder and the LoRA. With other pictures, base or recipe take another name: a "
                        "run is never overwritten."
                    ),
                ),
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip="Wire model, clip and vae to draw samples with ComfyUI's sampler, as they will look.",
                ),
                io.Clip.Input(
                    "clip", optional=True, tooltip="Wire together with model and vae, or leave all three open."
                ),
                io.Vae.Input(
                    "vae", optional=True, tooltip="Wire together with model and clip, or leave all three open."
                ),
                DATASET.Input(
                    "regularisation",
                    display_name="pictures of other people",
                    optional=True,
                    tooltip=(
                        "Pictures of other people, trained beside the character's so that they stay as they are. In "
                        "place of, or beside, the prior_images that the base draws itself."
                    ),
                ),
                io.Combo.Input(
                    "start_from",
                    display_name="start from LoRA",
                    options=[NOTHING, *loras()],
                    default=NOTHING,
                    optional=True,
                    advanced=True,
                    tooltip="A LoRA to learn on from, ours or kohya's, of the same kind, rank and layers.",
                ),
                io.Combo.Input(
                    "likeness",
                    display_name="face reader",
                    options=[AUTO, *(name for name in READERS if name != AUTO)],
                    default=AUTO,
                    optional=True,
                    advanced=True,
                    tooltip=(
                        "Which face reader measures how like the character each sample's face is, for the curve of "
                        "likeness. auto takes the first that is installed."
                    ),
                ),
                preset_input(),
            ],
            outputs=[RUN.Output(display_name="run", tooltip="The finished run, for Compare checkpoints.")],
        )

    @classmethod
    def validate_inputs(cls, name: str, start_from: str = NOTHING) -> bool | str:
        if fault := start_fault(start_from):
            return fault
        run_folder(name)
        return True

    @classmethod
    def fingerprint_inputs(cls, name: str | None, start_from: str | None = NOTHING, **_: Any) -> Any:
        if name is None or start_from is None:
            return UNKNOWN
        try:
            removed, start = times_removed(run_folder(name)), start_path(start_from)
            return removed if start is None else [removed, file_fingerprint(start)]
        except RunError:  # asked of nodes that are not going to run, too
            return ""

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        dataset: Dataset,
        base: Base,
        name: str,
        recipe: Recipe | None = None,
        model: Any = None,
        clip: Any = None,
        vae: Any = None,
        regularisation: Dataset | None = None,
        start_from: str = NOTHING,
        likeness: str = AUTO,
        preset: str = FITTING,
    ) -> Any:
        from ...trainer.training.job import Job
        from ...trainer.training.seeds import train_seeds
        from ..host.models import LazyBase
        from ..panel.run import RunPage

        job = Job(
            recipe=recipe_for(base, recipe, preset),
            dataset=dataset,
            base=base,
            run=run_folder(name),
            name=name,
            device=device(),
            sampler=_sampler(model, clip, vae),
            regularisation=regularisation,
            start=start_path(start_from),
            likeness=_likeness(likeness, dataset, base),
        )
        page = RunPage(cls.hidden.unique_id, job.run, getattr(cls.hidden, "extra_pnginfo", None))
        with cancellable(), memory_handed_over():
            page.follow(train_seeds(job, cancelled=is_cancelled))
        note_run(job.run)
        run = Run(folder=job.run, dataset=dataset, base=base, recipe=job.recipe, models=LazyBase(base))
        return io.NodeOutput(run, ui={"likeness": (_published(run, page),)})


def _published(run: Run, page: RunPage) -> dict[str, Any]:
    """The last checkpoint in the host's loras folder; what the page shows of the finished run."""
    from ...trainer.training.run.folder import RunFolder

    folder = RunFolder(run.folder)
    last = folder.checkpoints()[-1]
    saved = publish_lora(last.path, run.name, folder.sample_at(last.step), examples=_examples(run, last.step))
    state = page.snapshot()
    return {**state, "lora": saved.name, "status": " ".join(filter(None, (state["status"], saved.note)))}


def _examples(run: Run, step: int) -> list[Example]:
    """The samples of the last sampling up to `step`, each with how it was drawn."""
    from ...trainer.families.registry import spec_of
    from ...trainer.scoring.report.manager_info import Example
    from ...trainer.training.job import sample_shots
    from ...trainer.training.run.folder import RunFolder

    first = RunFolder(run.folder).sample_at(step)
    if first is None:
        return []
    shots = sample_shots(run.recipe, run.dataset, spec_of(run.base))
    return [
        Example(
            picture=first.with_name(first.name.replace("_0.png", f"_{number}.png")),
            prompt=shot.prompt,
            seed=shot.seed,
            steps=shot.steps,
            guidance=shot.guidance,
            size=(shot.width, shot.height),
        )
        for number, shot in enumerate(shots)
    ]


def _likeness(choice: str, dataset: Dataset, base: Base) -> Any:
    """Measures samples by the chosen reader; the demo's own for the demo base; None where no reader is ready."""
    from ...trainer.demo.assets import demo_family
    from ...trainer.scoring.likeness import Likeness

    if choice == AUTO and demo_family(base) is not None:
        choice = DEMO_DRAWINGS
    reader = readers_of(choice, None, dataset).faces
    return None if reader is None else Likeness(reader, dataset)


def _sampler(model: Any, clip: Any, vae: Any) -> Any:
    from ..host.models import wired_base

    wired = wired_base(model, clip, vae)
    if wired is None:
        return None
    from ..host.generator import HostGenerator

    return HostGenerator(wired.model, wired.clip, wired.vae, releases=True)
