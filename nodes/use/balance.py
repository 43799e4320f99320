"""How strong to use a character LoRA beside an identity adapter."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PIL import Image

from ...trainer.errors import shortened
from ...trainer.runtime.duration import duration
from .._api import io
from ..checked import checked
from ..compare.comparing import Comparing
from ..compare.plan import Asked
from ..host.images import to_image
from ..host.page import cancellable, is_cancelled, withheld
from ..panel.progress import Throttle, show_picture
from ..panel.sheet import picture_view
from .balance_inputs import AS_COMPARED, FULL, OWN, QUICK, balance_inputs
from .balance_parts import Wired, grid_of

if TYPE_CHECKING:
    import torch

    from ...trainer.dataset.dataset import Dataset
    from ...trainer.identity.identity import Identity
    from ...trainer.scoring.balance.balance import Balance
    from ...trainer.scoring.drawing import Compared
    from ..sockets import ChosenLora, Comparison
    from .adapters import AdapterChoice


@checked
class BalanceLoraAndIdentity(io.ComfyNode):
    """A grid of LoRA strength and adapter weight, measured as Compare checkpoints measures."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessBalance",
            display_name="Balance LoRA and identity",
            category="Likeness/5 Use",
            description=(
                "Draws the same prompts and seeds with the LoRA at several strengths and an identity adapter (or the "
                "references of an edit model) at several weights, and measures likeness, following and variety of "
                "every pair, as Compare checkpoints does. Advises the pair, the lowest of both that cannot be told "
                "from the best, and says whether the adapter adds anything. Pictures are kept: a cancelled balance "
                "goes on where it stopped."
            ),
            search_aliases=[
                "lora strength",
                "lora weight",
                "ipadapter weight",
                "pulid weight",
                "strength sweep",
                "xy plot",
                "grid",
                "lora and pulid",
                "heatmap",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=balance_inputs(),
            outputs=[
                io.Float.Output(display_name="strength", tooltip="The LoRA strength to use, for Apply character LoRA."),
                io.Float.Output(display_name="weight", tooltip="The weight to use, for Apply identity."),
                io.Image.Output(display_name="grid", tooltip="The measures of every pair, and a picture of each."),
                io.String.Output(display_name="report", tooltip="The pair and why, in words."),
                io.String.Output(display_name="figures", tooltip="Everything measured, as JSON."),
            ],
        )

    @classmethod
    def validate_inputs(cls, grid: str, strengths: str, weights: str) -> bool | str:
        if grid not in (FULL, QUICK, OWN):
            return f"grid takes {QUICK}, {FULL} or {OWN}, and {shortened(grid, 60)!r} came in; choose one of them."
        grid_of(grid, strengths, weights)
        return True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        grid: str,
        strengths: str,
        weights: str,
        prompts: str,
        reader: str,
        report: Comparison | None = None,
        lora: ChosenLora | None = None,
        adapter: AdapterChoice | None = None,
        identity: Identity | None = None,
        reference_images: torch.Tensor | None = None,
        model: Any = None,
        clip: Any = None,
        vae: Any = None,
        references: Dataset | None = None,
        prompt_text: str = "",
        seeds: int = 0,
        size: int = 0,
        steps: int = 0,
        cfg: float = -1.0,
    ) -> Any:
        from ...trainer.scoring.balance.balancing import Balancing
        from ...trainer.scoring.balance.kept import HEATMAP
        from .balance_companion import companion_of

        wired, compared = Wired(report=report, lora=lora), report.report.plan if report else None
        is_same = prompts == AS_COMPARED and compared is not None
        work = Comparing(
            node=cls.hidden.unique_id,
            asked=Asked(
                prompts=prompts,
                text=prompt_text,
                seeds=seeds,
                strength=compared.strength if compared else 1.0,
                strengths="",
                missing_views=False,
                size=size,
                steps=steps,
                cfg=cfg,
            ),
            reader=reader,
            refine=False,
            run=report.run if report else None,
            dataset=wired.dataset(references),
            models=wired.models(model, clip, vae),
            usual=compared if is_same else None,
        )
        with cancellable():
            drawing = work.models.loaded.model
            balancing = Balancing(
                plan=work.plan,
                candidate=wired.candidate(),
                companion=companion_of(drawing, work.folder, adapter, identity, reference_images),
                grid=grid_of(grid, strengths, weights),
                subject=work.subject,
                tools=work.tools,
            )
            balance = _followed(cls.hidden.unique_id, work, balancing)
        with Image.open(work.folder / HEATMAP) as picture:
            sheet = to_image([picture])
        return _output(cls, balance, sheet)


def _followed(node: str, work: Comparing, balancing: Any) -> Balance:
    from ...trainer.runtime.work import follow

    cost = balancing.cost().sentence
    work.say_first(cost)
    return follow(balancing.followed(is_cancelled), _progress(node, cost))


def _progress(node: str, cost: str) -> Callable[[Compared], None]:
    """The picture that came last, with what it is of; what all will take until a pace is known."""
    throttle = Throttle()

    def show(event: Compared) -> None:
        if not throttle.is_due():
            return
        left = cost if event.seconds_left is None else f"{duration(event.seconds_left)} left"
        what = "Reading" if event.phase == "reading" else event.label
        show_picture(node, event.done, event.total, f"{what}: {event.done} of {event.total} · {left}", event.image)

    return show


def _output(node: Any, balance: Balance, sheet: Any) -> Any:
    report = "\n".join(balance.lines)
    view = picture_view(sheet, node, "\n".join((balance.pick.reason, *balance.notes)), warning=balance.pick.warnings)
    figures = json.dumps(balance.to_json(), ensure_ascii=False)
    if balance.pick.pair is None:
        return io.NodeOutput(*[withheld(None)] * 2, sheet, report, figures, ui=view)
    return io.NodeOutput(*balance.pick.pair, sheet, report, figures, ui=view)
