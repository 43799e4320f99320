"""Choose a base, train on it, watch it learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import LikenessError, RunError
from .._api import io
from ..host.compute import device, memory_handed_over
from ..host.folders import base_model, base_models, file_fingerprint, name_fault, run_folder
from ..host.lora_files import lora_path, loras, publish_lora
from ..host.page import cancellable, is_cancelled
from ..readers import AUTO, DEMO_DRAWINGS, READERS, eyes_of
from ..sockets import BASE, DATASET, RECIPE, RUN, Run

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.families.base import Base
    from ...trainer.recipe.recipe import Recipe

NOTHING = "nothing"
AS_THE_FILE_SAYS = "as the file says"
PREDICTS = ("epsilon", "v_prediction", "v_prediction, zero SNR")
NO_BASE = "put an SDXL or SD 1.5 checkpoint into models/checkpoints, then press R"


class ChooseBaseModel(io.ComfyNode):
    """A checkpoint or diffusers folder of the host as MODEL, CLIP, VAE and BASE."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessChooseBaseModel",
            display_name="Choose base model",
            category="Likeness/3 Train",
            description=(
                "An SDXL or SD 1.5 model: a checkpoint file of ComfyUI's models/checkpoints, or a folder of diffusers "
                "in models/diffusers. Training reads the file itself; model, clip and vae are the same weights for "
                "sampling. Train on the base you will draw with, or on plain SDXL if the LoRA is to work on many."
            ),
            search_aliases=["checkpoint", "sdxl", "sd15", "illustrious", "pony", "diffusers loader", "load model"],
            inputs=[
                io.Combo.Input(
                    "model",
                    options=base_models() or [NO_BASE],
                    tooltip="A checkpoint file or a folder of diffusers. A new one shows after pressing R.",
                ),
                io.Combo.Input(
                    "predicts",
                    options=[AS_THE_FILE_SAYS, *PREDICTS],
                    default=AS_THE_FILE_SAYS,
                    optional=True,
                    advanced=True,
                    tooltip=(
                        "Noise (epsilon) or velocity. Merges of v-pred bases often lose the mark that says so: their "
                        "pictures are grey mush, here and in KSampler, until it is chosen by hand."
                    ),
                ),
            ],
            outputs=[
                io.Model.Output(display_name="model", tooltip="For sampling."),
                io.Clip.Output(display_name="clip", tooltip="For CLIP Text Encode."),
                io.Vae.Output(display_name="vae", tooltip="For VAE Decode."),
                BASE.Output(display_name="base", tooltip="The model's files, for Train character LoRA."),
            ],
        )

    @classmethod
    def validate_inputs(cls, model: str) -> bool | str:
        try:
            base_model(model)
        except LikenessError as fault:
            return str(fault)
        return True

    @classmethod
    def fingerprint_inputs(cls, model: str, predicts: str = AS_THE_FILE_SAYS) -> str:
        return f"{file_fingerprint(base_model(model))} {predicts}"

    @classmethod
    def execute(cls, model: str, predicts: Any = AS_THE_FILE_SAYS) -> Any:
        from ...trainer.families.registry import describe_base
        from ..host.base import load_host_base

        path = base_model(model)
        base = describe_base(path, "" if predicts == AS_THE_FILE_SAYS else predicts)
        loaded = load_host_base(path, base.predicts)
        return io.NodeOutput(loaded.model, loaded.clip, loaded.vae, base)


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
            search_aliases=["lora training", "finetune", "dreambooth", "kohya", "train lora", "character", "face"],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                DATASET.Input("dataset", tooltip="Who to learn: pictures, captions, trigger."),
                BASE.Input("base", tooltip="What to train on, from Choose base model or Load demo base model."),
                RECIPE.Input("recipe", tooltip="How to train, from Choose training recipe."),
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
                    optional=True,
                    tooltip=(
                        "Pictures of other people, trained beside the character's so that they stay as they are. In "
                        "place of, or beside, the prior_images that the base draws itself."
                    ),
                ),
                io.Combo.Input(
                    "start_from",
                    options=[NOTHING, *loras()],
                    default=NOTHING,
                    optional=True,
                    advanced=True,
                    tooltip="A LoRA to learn on from, ours or kohya's, of the same kind, rank and layers.",
                ),
                io.Combo.Input(
                    "likeness",
                    options=[AUTO, *(name for name in READERS if name != AUTO)],
                    default=AUTO,
                    optional=True,
                    advanced=True,
                    tooltip="Who measures how like the character each sample's face is, for the bright curve.",
                ),
            ],
            outputs=[RUN.Output(display_name="run", tooltip="The finished run, for Compare checkpoints.")],
        )

    @classmethod
    def validate_inputs(cls, name: str, start_from: str = NOTHING) -> bool | str:
        if start_from != NOTHING and start_from not in loras():
            return f"There is no LoRA {start_from!r} in models/loras; choose another to start from, or {NOTHING!r}."
        return name_fault(name) or True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        dataset: Dataset,
        base: Base,
        recipe: Recipe,
        name: str,
        model: Any = None,
        clip: Any = None,
        vae: Any = None,
        regularisation: Dataset | None = None,
        start_from: str = NOTHING,
        likeness: str = AUTO,
    ) -> Any:
        from ...trainer.training.job import Job
        from ...trainer.training.run.folder import RunFolder
        from ...trainer.training.seeds import train_seeds
        from ..panel.run_page import RunPage

        folder = run_folder(name)
        sampler = _sampler(model, clip, vae)
        job = Job(
            recipe=recipe,
            dataset=dataset,
            base=base,
            run=folder,
            name=name,
            device=device(),
            sampler=sampler,
            regularisation=regularisation,
            start=None if start_from == NOTHING else lora_path(start_from),
            likeness=_likeness(likeness, dataset, base),
        )
        page = RunPage(cls.hidden.unique_id, folder)
        with cancellable(), memory_handed_over():
            page.follow(train_seeds(job, cancelled=is_cancelled))
        run = RunFolder(folder)
        last = run.checkpoints()[-1]
        saved = publish_lora(last.path, name, run.sample_at(last.step))
        state = page.live.snapshot()
        state |= {"lora": saved.name, "status": " ".join(filter(None, (state["status"], saved.note)))}
        return io.NodeOutput(Run(folder=folder, dataset=dataset, base=base, recipe=recipe), ui={"likeness": (state,)})


def _likeness(choice: str, dataset: Dataset, base: Base) -> Any:
    """Measures samples by the chosen reader; the demo's own for the demo base; None where no reader is ready."""
    from ...trainer.demo.assets import demo_base
    from ...trainer.scoring.likeness import Likeness

    if choice == AUTO and base.sha256 == demo_base().sha256:
        choice = DEMO_DRAWINGS
    reader = eyes_of(choice, None, dataset).faces
    return None if reader is None else Likeness(reader, dataset)


def _sampler(model: Any, clip: Any, vae: Any) -> Any:
    wired = [each is not None for each in (model, clip, vae)]
    if not any(wired):
        return None
    if not all(wired):
        raise RunError("To draw samples with ComfyUI's sampler wire model, clip and vae, all three; or none of them.")
    from ..host.generator import HostGenerator

    return HostGenerator(model, clip, vae, releases=True)
