"""One LoRA and a companion whose strength and weight make the fake pictures, so that the best pair is known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from tests.fakes import FakeGenerator, FakeReader, Skill
from trainer.generate.attachments import Attachment, Reference
from trainer.generate.shot import Shot
from trainer.runtime.work import Ask, follow, never
from trainer.scoring.balance.balance import Balance
from trainer.scoring.balance.balancing import Balancing
from trainer.scoring.balance.grid import BalanceGrid
from trainer.scoring.drawing import Compared
from trainer.scoring.intervals import Interval
from trainer.scoring.plan.compare_plan import ComparePlan
from trainer.scoring.reading.observation import PictureScore
from trainer.scoring.scores import Flag, Scores

from ..stage import TRIGGER, Stage, plan

Skilled = Callable[[float, float], Skill]
SMALL = BalanceGrid((0.6, 0.9), (0.0, 0.6))


def usual(strength: float, weight: float) -> Skill:
    """Each gives likeness; together they give most of it, and too much of both heeds no prompt."""
    both = max(strength + weight - 1.5, 0.0)
    return Skill(identity=min(0.5 * strength + 0.4 * weight, 0.95), obedience=1 - 2 * both, variety=1 - both)


@dataclass
class Beside:
    """A picture a weight stands for the adapter at that weight."""

    folder: Path
    title: str = "the fake adapter"

    def at(self, weight: float) -> tuple[Attachment, ...]:
        path = self.folder / f"weight {weight:g}.png"
        if not path.exists():
            Image.new("RGB", (8, 8), (round(255 * weight), 0, 0)).save(path)
        return (Reference(path=path),)


@dataclass
class MixingGenerator(FakeGenerator):
    """Draws by the strength of the LoRA and the weight beside it."""

    skilled: Skilled = usual

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for shot in shots:
            if shot.lora is not None:
                weight = float(shot.references[0].path.stem.split()[1]) if shot.references else 0.0
                self.skills = {shot.lora.path.stem: self.skilled(shot.lora.strength, weight)}
            yield from super().generate([shot])


@dataclass
class Scene:
    """A balance to be made in a folder."""

    folder: Path
    skilled: Skilled = usual
    grid: BalanceGrid = SMALL
    plan: ComparePlan = field(default_factory=plan)
    reader: FakeReader = field(default_factory=FakeReader)

    def __post_init__(self) -> None:
        self.stage = Stage(self.folder, {100: Skill()})
        self.generator = MixingGenerator(TRIGGER, skilled=self.skilled)

    @property
    def balancing(self) -> Balancing:
        return Balancing(
            plan=self.plan,
            candidate=self.stage.candidate(100),
            companion=Beside(self.folder),
            grid=self.grid,
            subject=self.stage.subject(),
            tools=self.stage.tools(self.reader, generator=self.generator, base="base", base_name="Fake base"),
        )

    def run(self, cancelled: Ask = never) -> Balance:
        return self.follow(cancelled)[1]

    def follow(self, cancelled: Ask = never) -> tuple[list[Compared], Balance]:
        events: list[Compared] = []
        return events, follow(self.balancing.followed(cancelled), events.append)


def scores(label: str, identities: Sequence[float], flags: tuple[Flag, ...] = ()) -> Scores:
    """A column with a picture of the trigger for each identity, and nothing else measured."""
    pictures = tuple(
        PictureScore(probe=0, kind="trigger", seed=number, path="", identity=value, faces=1)
        for number, value in enumerate(identities)
    )
    mean = float(np.mean(identities)) if identities else 0.0
    known = Interval(mean, mean, mean, len(identities)) if identities else None
    measures: Mapping[str, Interval | None] = {"identity": known}
    return Scores(label=label, step=None, lora="a", measures=measures, slots={}, pictures=pictures, flags=flags)


def flagged(column: Scores) -> Scores:
    return replace(column, flags=(Flag("overtrained", "It draws the same each time."),))
