"""Columns with the same prompts, drawn and read: what all that puts pictures side by side has in common."""

from collections.abc import Generator as Work
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..dataset.dataset import LeftOut
from ..errors import Cancelled, ModelError
from ..runtime.work import Ask, Pace, Stopwatch
from .columns import Column
from .drawing import Compared, Drawing, picture_path
from .gates import flagged
from .measures.background import background_of, is_asked_of
from .measures.copies import copied_of
from .plan.compare_plan import ComparePlan
from .reading.observation import CheckpointImages, Observation, Scale
from .reading.readers import PictureReader, Readers, Seen
from .reading.readings import Readings
from .reading.subject import choice_of
from .score import score
from .scores import Scores
from .tools import Tools


@dataclass(kw_only=True, eq=False)
class Measuring:
    """What is drawn and seen so far. `columns` begin with the control; more may be added, which `drawn` and `read` then
    are asked for again."""

    plan: ComparePlan
    columns: list[Column]
    tools: Tools
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    images: dict[str, CheckpointImages] = field(default_factory=dict[str, CheckpointImages])
    is_repeatable: bool = True
    """Whether the same again would draw the same again: not where a file failed while it was drawn."""

    def __post_init__(self) -> None:
        tools = self.tools
        self.readers = Readers(
            faces=tools.faces, attributes=tools.attributes, floor=self.plan.face_floor, descriptor=tools.descriptor
        )
        self.reader = PictureReader(self.readers, tools.out)

    def drawn(self, drawing: Drawing, columns: Sequence[Column]) -> Work[Compared, None, None]:
        """A file that fails at its first picture is left out: the control before it showed that the base draws."""
        drawing.expect([each.shots for each in columns])
        for column in columns:
            count = 0
            try:
                for compared in drawing.column(column.label, column.shots):
                    count += 1
                    yield compared
            except ModelError as fault:
                if column.candidate is None or count:
                    raise
                self._leave_out(column, fault)
                drawing.leave_out(column.shots)

    def _leave_out(self, column: Column, fault: ModelError) -> None:
        self.columns = [each for each in self.columns if each is not column]
        self.left_out.append(LeftOut(name=column.label, why=str(fault)))
        self.is_repeatable = False
        if len(self.columns) == 1:
            raise ModelError.all_of([left.sentence for left in self.left_out]) from fault

    def read(self, scale: Scale, cancelled: Ask) -> Work[Compared, None, None]:
        """Every picture of the columns that were not read, a few at a time."""
        columns = [each for each in self.columns if each.label not in self.images]
        whom = choice_of(scale)
        total, done, pace, watch = sum(len(each.shots.keys) for each in columns), 0, Pace(), Stopwatch()
        nearest = Readings(self.tools.out, "nearest", scale.nearest.name)
        scale.nearest.keep_in(nearest)
        for column in columns:
            seen: list[Seen] = []
            shots = zip(column.shots.requests, column.shots.keys, strict=True)
            for one, (request, key) in zip(self.reader.read(column.pictures(self.tools.out), whom), shots, strict=True):
                if cancelled():
                    nearest.save()
                    raise Cancelled(
                        f"Stopped after {done} of {total} pictures were read; run again to go on from there."
                    )
                seen.append(one)
                scale.nearest.look_at(one.described, around=is_asked_of(scale.probes[request.what]))
                done += 1
                pace.add(watch.read())
                yield Compared(
                    done=done,
                    total=total,
                    label=column.label,
                    seconds_left=pace.left(total - done),
                    path=self.tools.out / picture_path(key),
                    key=(request.what, request.shot.seed),
                    phase="reading",
                )
            nearest.save()
            images = column.images(seen, is_known=scale.is_known)
            observed = [_settled(each, scale) for each in images.observations]
            self.images[column.label] = replace(images, observations=observed)

    def scores(self, scale: Scale) -> tuple[Scores, tuple[Scores, ...]]:
        """The control's, and the columns' with what is against them."""
        images = [self.images[each.label] for each in self.columns]
        control, *scores = [score(each, images[0], scale) for each in images]
        return control, tuple(flagged(each, control, scale.reference) for each in scores)


def _settled(seen: Observation, scale: Scale) -> Observation:
    """With what its description tells in its place: descriptions of all pictures do not fit in memory."""
    return replace(seen, described=None, copied=copied_of(seen, scale), background=background_of(seen, scale))


def several_faces(columns: Sequence[Scores]) -> list[str]:
    """How many pictures show several people, a column: the likeness of the likest flatters a little."""
    counts = {each.label: sum((picture.faces or 0) > 1 for picture in each.pictures) for each in columns}
    if not any(counts.values()):
        return []
    said = ", ".join(f"{label}: {count}" for label, count in counts.items() if count)
    return [
        f"Pictures with several faces ({said}) are measured, with and without LoRA, by the face most like the "
        "character; the other faces are not."
    ]


def unmeasured(control: Scores) -> list[str]:
    missing = {
        "Prompt following": control.following is None,
        "Variety": control.variety is None,
        "Leaking without the trigger": control.leak is None,
        "Nearest of all people": control.top1 is None,
    }
    return [f"{name} is not measured." for name, lacks in missing.items() if lacks]
