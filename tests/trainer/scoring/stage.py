"""A small comparison to test with: the plan, the character's pictures, checkpoints of given skills."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.fakes import CHARACTER, SIDE, FakeGenerator, FakeReader, Skill, mixed, picture
from trainer.dataset.sample import Sample
from trainer.images.pixels import load_rgb, pixel_sha256
from trainer.runtime.work import Ask, follow, never
from trainer.scoring.compare import Tools, compare
from trainer.scoring.drawing import Compared
from trainer.scoring.plan.candidate import Candidate, candidates_of_run
from trainer.scoring.plan.compare_plan import ComparePlan, Probe
from trainer.scoring.reading.subject import Subject
from trainer.scoring.report.report import Report
from trainer.storage.tensor_file import write_tensors
from trainer.training.run.folder import Checkpoint

TRIGGER = "sage_character"
SEEDS = (1, 2, 3, 4, 5, 6)


def plan() -> ComparePlan:
    contexts = [
        Probe(kind="prompt", prompt=f"{TRIGGER}, person, {word} background", asked={"background": word}, seeds=SEEDS)
        for word in ("red", "green", "blue")
    ]
    return ComparePlan(
        probes=(
            Probe(kind="trigger", prompt=f"{TRIGGER}, person", seeds=SEEDS),
            *contexts,
            Probe(kind="class", prompt="person, red background", seeds=SEEDS),
            Probe(kind="other", prompt="an old fisherman, red background", seeds=SEEDS),
        ),
        size=(48, 48),
    )


def small_plan(**given: Any) -> ComparePlan:
    """Four pictures a column."""
    probes = (
        Probe(kind="trigger", prompt=f"{TRIGGER}, person", seeds=(1, 2)),
        Probe(kind="prompt", prompt=f"{TRIGGER}, person, red background", asked={"background": "red"}, seeds=(1, 2)),
    )
    return ComparePlan(probes=probes, size=(48, 48), **given)


@dataclass
class Stage:
    """A run folder with one LoRA file a skill, by step."""

    folder: Path
    skills: Mapping[int, Skill]
    losses: Sequence[tuple[int, float, float]] = ()

    def __post_init__(self) -> None:
        (self.folder / "run" / "checkpoints").mkdir(parents=True, exist_ok=True)
        for step in self.skills:
            write_lora(self.checkpoint(step).path, {"skill": f"{step} {self.skills[step]}"})
        rows = [{"event": "heldout", "step": s, "held_out": h, "train": t} for s, h, t in self.losses]
        (self.folder / "run" / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.generator = FakeGenerator(TRIGGER, {f"sage_step{step:06d}": self.skills[step] for step in self.skills})

    def checkpoint(self, step: int) -> Checkpoint:
        return Checkpoint(step, self.folder / "run" / "checkpoints" / f"sage_step{step:06d}.safetensors")

    def candidate(self, step: int) -> Candidate:
        return candidates_of_run([self.checkpoint(step)])[0]

    @property
    def out(self) -> Path:
        return self.folder / "report"

    def subject(self) -> Subject:
        return Subject(
            trigger=TRIGGER,
            references=self._pictures("held", 4),
            training=self._pictures("train", 3),
            others=np.array([[-1.0, 0, 0], [0, 1.0, 0], [0, 0, -1.0]]),
        )

    def run(self, reader: FakeReader | None = None, *, cancelled: Ask = never, **tools: Any) -> Report:
        """The comparison's report."""
        return self.follow(reader, cancelled=cancelled, **tools)[1]

    def follow(
        self, reader: FakeReader | None = None, *, cancelled: Ask = never, **tools: Any
    ) -> tuple[list[Compared], Report]:
        """What happened and the report."""
        events: list[Compared] = []
        candidates = [self.candidate(step) for step in self.skills]
        work = compare(plan(), candidates, self.subject(), self.tools(reader, **tools), cancelled)
        return events, follow(work, events.append)

    def quick(self, *steps: int, plan: ComparePlan | None = None, rest: Sequence[int] = (), **tools: Any) -> Report:
        """Of a few pictures: the checkpoints of these steps, `rest` beside them."""
        shown, others = ([self.candidate(step) for step in each] for each in (steps, rest))
        work = compare(plan or small_plan(), shown, self.subject(), self.tools(**tools), rest=others)
        return follow(work)

    def tools(self, reader: FakeReader | None = None, **given: Any) -> Tools:
        eyes = reader or FakeReader()
        return Tools(**{"generator": self.generator, "faces": eyes, "attributes": eyes, "out": self.out, **given})

    def _pictures(self, name: str, count: int) -> tuple[Sample, ...]:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        paths = [folder / f"{number}.png" for number in range(count)]
        for number, path in enumerate(paths):
            nearly = mixed(np.random.default_rng(number).normal(size=3), CHARACTER, 0.85)
            picture(nearly, ("red", "green", "blue", "gray")[number], (number, -number)).save(path)
        return tuple(Sample(path=path, sha256=stored(path), width=SIDE, height=SIDE) for path in paths)


def write_lora(path: Path, metadata: Mapping[str, str] | None = None, prefix: str = "lora_unet_mid") -> Path:
    """A whole LoRA file of one layer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    down, up = torch.zeros(1, 2), torch.ones(2, 1)
    tensors = {f"{prefix}.lora_down.weight": down, f"{prefix}.lora_up.weight": up}
    write_tensors(path, tensors, metadata or {})
    return path


def stored(path: Path) -> str:
    """The pixels' sha256."""
    return pixel_sha256(load_rgb(path))


RISING = {
    100: Skill(identity=0.15),
    200: Skill(identity=0.55),
    300: Skill(identity=0.8),
    400: Skill(identity=0.8),
    500: Skill(identity=0.9, obedience=0.3, variety=0.1, leak=0.85),
}
