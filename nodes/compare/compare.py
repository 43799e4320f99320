"""Compare a run's checkpoints by measurement."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PIL import Image

from ...trainer.errors import FaceError, RunError
from .._api import io
from ..checked import checked
from ..host.folders import unlinked
from ..host.images import to_image
from ..host.page import cancellable, is_cancelled, send, show_progress
from ..panel.progress import Throttle, duration
from ..panel.sheet import picture_view
from ..sockets import REPORT, RUN, Comparison, Run

if TYPE_CHECKING:
    from ...trainer.scoring import Compared

DEMO_PROMPTS, GUIDE_PROMPTS = "Demo", "Character (guide)"
DEMO_READER = "Demo reader (drawn faces)"


@checked
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
                io.Model.Input(
                    "model",
                    optional=True,
                    tooltip=(
                        "Left open, the run's base draws. Wire model, clip and vae to draw with another or a patched "
                        "one, without the LoRA."
                    ),
                ),
                io.Clip.Input("clip", optional=True, tooltip="Its text encoder; wire all three or none."),
                io.Vae.Input("vae", optional=True, tooltip="Its VAE; wire all three or none."),
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
        cls,
        run: Run,
        prompts: str,
        reader: str,
        most: int,
        strength: float,
        model: Any = None,
        clip: Any = None,
        vae: Any = None,
    ) -> Any:
        from ...trainer.demo.run import demo_subject
        from ...trainer.runtime.work import follow
        from ...trainer.scoring import Tools, candidates_of_run, compare
        from ...trainer.training.run.folder import RunFolder
        from ..host.generator import HostGenerator
        from ..host.models import wired_base

        readers = _reader(reader, run)
        base = wired_base(model, clip, vae) or run.models.loaded
        generator = HostGenerator(base.model, base.clip, base.vae)
        out = unlinked(run.folder, "report", deep=True)
        tools = Tools(generator=generator, faces=readers, attributes=readers, out=out, base=generator.fingerprint())
        checkpoints = spread(RunFolder(run.folder).checkpoints(), most)
        with cancellable():
            plan, subject = _plan(run, prompts, strength), demo_subject(run.dataset)
            work = compare(plan, candidates_of_run(checkpoints, strength), subject, tools, is_cancelled)
            report = follow(work, _progress(cls.hidden.unique_id))
        with Image.open(out / "report.png") as picture:
            grid = to_image([picture])
        said = "\n".join((report.reason, *report.advice, *report.notes))
        return io.NodeOutput(Comparison(report=report, run=run), grid, ui=picture_view(grid, cls, said))


def spread(checkpoints: Any, most: int) -> list[Any]:
    """At most `most` of the checkpoints, evenly apart, the last always among them."""
    count = len(checkpoints)
    if count <= most:
        return list(checkpoints)
    return [checkpoints[round((number + 1) * count / most) - 1] for number in range(most)]


def _reader(choice: str, run: Run) -> Any:
    """Reads faces and what was drawn; refuses runs whose pictures it cannot read."""
    from ...trainer.demo.assets import demo_family, demo_reader

    if choice != DEMO_READER:
        raise FaceError(f"There is no face reader {choice!r} for comparing checkpoints; choose {DEMO_READER!r}.")
    if demo_family(run.base) is None:
        raise RunError("Only runs on a demo base can be compared: there is no face reader for photographs yet.")
    return demo_reader()


def _plan(run: Run, prompts: str, strength: float) -> Any:
    from dataclasses import replace

    from ...trainer.demo.assets import demo_family
    from ...trainer.demo.family import FAMILIES
    from ...trainer.demo.settings import demo_plan
    from ...trainer.families.registry import spec_of
    from ...trainer.scoring.plan import default_plan

    trigger, subject = run.dataset.trigger, run.dataset.subject
    if prompts == DEMO_PROMPTS:
        return replace(demo_plan(trigger, demo_family(run.base) or FAMILIES[0]), strength=strength)
    spec = spec_of(run.base)
    plan = default_plan(trigger, subject)
    return replace(plan, strength=strength, steps=spec.drawn_steps, guidance=spec.drawn_guidance)


def _progress(node: str) -> Callable[[Compared], None]:
    """Shows how many pictures are there."""
    throttle = Throttle()

    def show(event: Compared) -> None:
        if throttle.is_due():
            left = "" if event.seconds_left is None else f" · {duration(event.seconds_left)} left"
            show_progress(node, event.done, event.total)
            said = f"{event.label}: picture {event.done} of {event.total}{left}"
            send("likeness.note", {"node": node, "text": said})

    return show
