"""Compare a run's checkpoints by measurement, and choose one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from PIL import Image

from ..trainer.errors import RunError
from . import host
from ._api import io, ui
from .pulse import Pulse, duration
from .sockets import LORA, REPORT, RUN, ChosenLora, Comparison, Run

if TYPE_CHECKING:
    from ..trainer.scoring import Compared

DEMO_PROMPTS, GUIDE_PROMPTS = "Demo", "Character (guide)"
DEMO_READER = "Demo reader (drawn faces)"


class CompareCheckpoints(io.ComfyNode):
    """The same prompts and seeds for the bare base and every checkpoint, measured."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessCompareCheckpoints",
            display_name="Compare checkpoints",
            category="Likeness/4 Compare",
            description=(
                "Draws the same prompts and seeds with the bare base (the control) and with every checkpoint, with "
                "ComfyUI's own sampler, and measures how much it is the character, how well prompts are followed and "
                "how different the pictures are. Pictures are kept: a cancelled comparison goes on where it stopped. "
                "The report is also a page: output/likeness/<name>/report/report.html."
            ),
            search_aliases=[
                "xy plot",
                "epoch comparison",
                "grid",
                "evaluate lora",
                "test checkpoints",
                "identity score",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                RUN.Input("run", tooltip="The run from Train character LoRA."),
                io.Model.Input("model", tooltip="The base without the LoRA, as you will draw with it."),
                io.Clip.Input("clip", tooltip="The base's text encoder."),
                io.Vae.Input("vae", tooltip="The base's VAE."),
                io.Combo.Input(
                    "prompts",
                    options=[DEMO_PROMPTS, GUIDE_PROMPTS],
                    default=DEMO_PROMPTS,
                    tooltip="Demo for the demo base (48 pictures a column); Character (guide) for real ones (40).",
                ),
                io.Combo.Input(
                    "reader",
                    options=[DEMO_READER],
                    default=DEMO_READER,
                    tooltip="Who reads faces. Two readers' numbers never mix. The demo reader knows drawn faces only.",
                ),
                io.Int.Input(
                    "most",
                    default=6,
                    min=1,
                    max=50,
                    tooltip="At most this many checkpoints, spread evenly; the last is always in. Fewer is quicker.",
                ),
                io.Float.Input(
                    "strength",
                    default=1.0,
                    min=0.1,
                    max=2.0,
                    step=0.05,
                    advanced=True,
                    tooltip="LoRA strength while comparing. 1 is as trained; 0.7 to 0.9 is usual beside an adapter.",
                ),
            ],
            outputs=[
                REPORT.Output(display_name="report", tooltip="Scores and the recommendation, for Choose checkpoint."),
                io.Image.Output(
                    display_name="grid", tooltip="Control and checkpoints side by side, with their scores."
                ),
            ],
        )

    @classmethod
    def execute(  # noqa: PLR0913
        cls, run: Run, model: Any, clip: Any, vae: Any, prompts: str, reader: str, most: int, strength: float
    ) -> Any:
        from ..trainer.demo.assets import demo_reader
        from ..trainer.demo.run import demo_subject
        from ..trainer.runtime.work import follow
        from ..trainer.scoring import Tools, compare
        from ..trainer.training.run.folder import RunFolder
        from .host_generator import HostGenerator

        eyes = demo_reader()
        generator = HostGenerator(model, clip, vae)
        out = run.folder / "report"
        tools = Tools(generator=generator, faces=eyes, attributes=eyes, out=out, base=generator.fingerprint())
        checkpoints = spread(RunFolder(run.folder).checkpoints(), most)
        with host.cancellable():
            plan, subject = _plan(run, prompts, strength), demo_subject(run.dataset)
            work = compare(plan, checkpoints, subject, tools, host.is_cancelled)
            report = follow(work, _progress(cls.hidden.unique_id))
        with Image.open(out / "report.png") as picture:
            grid = host.to_image([picture])
        said = [report.reason, *report.advice, *report.notes]
        shown = {**ui.PreviewImage(grid, cls=cls).as_dict(), "text": ("\n".join(said),)}
        return io.NodeOutput(Comparison(report=report, run=run), grid, ui=shown)


class ChooseCheckpoint(io.ComfyNode):
    """The recommended checkpoint, or the one the user prefers, into the host's loras folder."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessChooseCheckpoint",
            display_name="Choose checkpoint",
            category="Likeness/4 Compare",
            description=(
                "Puts one checkpoint into ComfyUI's loras folder, where LoraLoader lists it at once. Takes the "
                "recommended one: the most like the character among those that still follow prompts, the earliest if "
                "several cannot be told apart. If none passes it says why instead of choosing."
            ),
            search_aliases=["best epoch", "select lora", "pick checkpoint", "save lora", "export lora"],
            is_output_node=True,
            inputs=[
                REPORT.Input("report", tooltip="From Compare checkpoints."),
                io.Int.Input(
                    "step",
                    default=0,
                    min=0,
                    max=1_000_000,
                    tooltip="0 takes the recommended checkpoint; any other number the one saved at that step.",
                ),
                io.String.Input(
                    "save_as",
                    default="",
                    placeholder="(the run's name)_chosen",
                    tooltip="Name of the LoRA file in loras/likeness. Empty: the run's name with _chosen.",
                ),
            ],
            outputs=[
                LORA.Output(display_name="lora", tooltip="For Apply character LoRA."),
                io.String.Output(display_name="lora_name", tooltip="The name LoraLoader lists it by."),
            ],
        )

    @classmethod
    def validate_inputs(cls, save_as: str) -> bool | str:
        return not save_as.strip() or host.name_fault(save_as.strip()) or True

    @classmethod
    def execute(cls, report: Comparison, step: int, save_as: str) -> Any:
        from ..trainer.training.run.folder import RunFolder

        run = RunFolder(report.run.folder)
        checkpoints = {each.step: each.path for each in run.checkpoints()}
        wanted = step or report.report.chosen
        if wanted is None:
            raise RunError(f"{report.report.reason} To use one all the same, set its step: {_listed(checkpoints)}.")
        if wanted not in checkpoints:
            raise RunError(
                f"The run {report.run.name!r} has no checkpoint at step {wanted}; it has {_listed(checkpoints)}."
            )
        saved_as = save_as.strip() or f"{report.run.name}_chosen"
        name = host.publish_lora(checkpoints[wanted], saved_as, run.sample_at(wanted))
        chosen = ChosenLora(path=host.lora_path(name), name=name, trigger=report.report.trigger)
        why = f"Step {wanted}, chosen by you" if step else report.report.reason
        said = f"{why}\nSaved as {name}. Prompt with {chosen.trigger}."
        return io.NodeOutput(chosen, name, ui={"text": (said,), "lora": (name,)})


def spread(checkpoints: Any, most: int) -> list[Any]:
    """At most `most` of the checkpoints, evenly apart, the last always among them."""
    count = len(checkpoints)
    if count <= most:
        return list(checkpoints)
    return [checkpoints[round((number + 1) * count / most) - 1] for number in range(most)]


def _plan(run: Run, prompts: str, strength: float) -> Any:
    from dataclasses import replace

    from ..trainer.demo.settings import demo_plan
    from ..trainer.scoring.plan import default_plan

    trigger, subject = run.dataset.trigger, run.dataset.subject
    plan = demo_plan(trigger) if prompts == DEMO_PROMPTS else default_plan(trigger, subject)
    return replace(plan, strength=strength)


def _progress(node: str) -> Callable[[Compared], None]:
    """Shows how many pictures are there."""
    pulse = Pulse()

    def show(event: Compared) -> None:
        if pulse.is_due():
            left = "" if event.seconds_left is None else f" · {duration(event.seconds_left)} left"
            host.show_progress(node, event.done, event.total)
            said = f"{event.label}: picture {event.done} of {event.total}{left}"
            host.send("likeness.note", {"node": node, "text": said})

    return show


def _listed(steps: Iterable[int]) -> str:
    return ", ".join(str(step) for step in sorted(steps))
