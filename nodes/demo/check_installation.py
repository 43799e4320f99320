"""Whether the pack works on this machine: the demo character is learned, drawn and measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..host.compute import device, memory_handed_over
from ..host.images import to_image
from ..host.page import cancellable, is_cancelled, send, show_progress
from ..panel.progress import Throttle
from ..panel.sheet import picture_view

if TYPE_CHECKING:
    from ...trainer.demo.check import Checkup


@checked
class CheckInstallation(io.ComfyNode):
    """Trains for a minute and compares with stored scores."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessCheckInstallation",
            display_name="Check installation",
            category="Likeness/Demo",
            description=(
                "Does everything work on this machine? Learns the demo character on the device that ComfyUI uses, "
                "about a minute on a processor, draws it, measures it, and holds the scores against those of this "
                "version. Nothing is kept and nothing is downloaded."
            ),
            search_aliases=[
                "self test",
                "test installation",
                "does it work",
                "diagnose",
                "verify",
                "health check",
                "troubleshoot",
                "likeness demo",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[],
            outputs=[
                io.Boolean.Output(display_name="is_well", tooltip="Whether all scores are as they should be."),
                io.String.Output(display_name="report", tooltip="What was found, in a sentence."),
                io.Image.Output(display_name="sheet", tooltip="What was drawn before and after learning, and scores."),
            ],
        )

    @classmethod
    def fingerprint_inputs(cls) -> float:
        # Never the same: whoever queues it again wants it checked again.
        return math.nan

    @classmethod
    def execute(cls) -> Any:
        from ...trainer.demo.check_sheet import draw_checkup

        with cancellable(), memory_handed_over():
            checkup = _checked_up(cls.hidden.unique_id)
        sheet = to_image([draw_checkup(checkup)])
        ui = picture_view(sheet, cls, checkup.sentence)
        return io.NodeOutput(checkup.is_well, checkup.sentence, sheet, ui=ui)


def _checked_up(node: str) -> Checkup:
    from ...trainer.demo.check import check_installation
    from ...trainer.errors import Cancelled
    from ...trainer.runtime.work import follow
    from ...trainer.scoring import Compared
    from ...trainer.training.run.events import Prepared, Stepped

    throttle = Throttle()

    def show(done: int, total: int, text: str) -> None:
        if throttle.is_due():
            show_progress(node, done, total)
            send("likeness.note", {"node": node, "text": text})

    def tell(event: object) -> None:
        match event:
            case Prepared():
                show(event.done, event.total, f"{event.what.capitalize()} {event.done} of {event.total}")
            case Stepped():
                show(event.step, event.steps, f"Learning: step {event.step} of {event.steps}")
            case Compared():
                show(event.done, event.total, f"{event.phase.capitalize()}: picture {event.done} of {event.total}")
            case _:
                pass

    try:
        return follow(check_installation(device=device(), cancelled=is_cancelled), tell)
    except Cancelled as stop:
        # Its training speaks of what it keeps, and here nothing is.
        raise Cancelled("Stopped; nothing is kept. Run again to start anew.") from stop
