"""Compare checkpoints by measurement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image

from ...trainer.errors import RunError
from .._api import io
from ..checked import UNKNOWN, checked
from ..host.folders import file_fingerprint
from ..host.images import to_image
from ..host.lora_patterns import lora_paths, named_loras
from ..host.page import cancellable
from ..panel.budget import words_of
from ..panel.comparison import comparison_view
from ..sockets import REPORT, Run
from .columns import columns_of
from .compare_inputs import compare_inputs
from .comparing import Comparing
from .plan import Asked, strengths_of

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ..host.models import Models


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
                "how different the pictures are. Says first how many pictures that are. Pictures are kept: a cancelled "
                "comparison goes on where it stopped, and one checkpoint more costs one checkpoint. The report is also "
                "a page: output/likeness/<name>/report/report.html."
            ),
            search_aliases=[
                "compare",
                "xy plot",
                "x/y plot",
                "xyz plot",
                "grid",
                "image grid",
                "compare loras",
                "lora grid",
                "epoch comparison",
                "test checkpoints",
                "evaluate lora",
                "identity score",
                "strength sweep",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=compare_inputs(),
            outputs=[
                REPORT.Output(
                    display_name="report",
                    tooltip="Scores and the recommendation, for Choose checkpoint and Advise next run.",
                ),
                io.Image.Output(
                    display_name="grid", tooltip="Control and checkpoints side by side, with their scores."
                ),
            ],
        )

    @classmethod
    def validate_inputs(cls, loras: str = "", strengths: str = "") -> bool | str:
        named_loras(loras)
        strengths_of(strengths)
        return True

    @classmethod
    def fingerprint_inputs(cls, loras: str | None = "", **more: Any) -> Any:
        if loras is None:
            return UNKNOWN
        return [file_fingerprint(path) for path in lora_paths(loras)]

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        prompts: str,
        reader: str,
        most: int,
        strength: float,
        run: Run | None = None,
        model: Any = None,
        clip: Any = None,
        vae: Any = None,
        loras: str = "",
        references: Dataset | None = None,
        prompt_text: str = "",
        seeds: int = 0,
        strengths: str = "",
        refine: bool = False,
        missing_views: bool = True,
        size: int = 0,
        steps: int = 0,
        cfg: float = -1.0,
    ) -> Any:
        work = Comparing(
            node=cls.hidden.unique_id,
            asked=Asked(
                prompts=prompts,
                text=prompt_text,
                seeds=seeds,
                strength=strength,
                strengths=strengths,
                missing_views=missing_views,
                size=size,
                steps=steps,
                cfg=cfg,
            ),
            reader=reader,
            refine=refine,
            run=run,
            dataset=_dataset(run, references),
            models=_models(run, model, clip, vae),
        )
        with cancellable():
            comparison = work.followed(columns_of(run, loras, most))
            view = comparison_view(comparison.report, comparison.folder)
        with Image.open(comparison.folder / "report.png") as picture:
            grid = to_image([picture])
        report = comparison.report
        said = words_of("\n".join((report.reason, *report.advice, *report.notes)))
        return io.NodeOutput(comparison, grid, ui={"likeness_compare": (view,), "text": said})


def _dataset(run: Run | None, references: Dataset | None) -> Dataset:
    """Whom the pictures are to be like, and what was trained on: a run knows that, whatever is wired."""
    if run is not None:
        return run.dataset if references is None else run.dataset.known_by(references.samples)
    if references is None:
        raise RunError(
            "Without a run nothing tells whom the LoRA files are of: wire a dataset of the character into references, "
            "with the trigger that they were trained with."
        )
    return references


def _models(run: Run | None, model: Any, clip: Any, vae: Any) -> Models:
    """What is wired, else the run's own."""
    from ..host.models import WiredBase, wired_base

    wired = wired_base(model, clip, vae)
    if wired is not None:
        return WiredBase(wired)
    if run is None:
        raise RunError("Without a run there is no base to draw with: wire model, clip and vae.")
    return run.models
