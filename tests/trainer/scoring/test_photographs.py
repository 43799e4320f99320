"""The whole way on photographs, with a stand-in generator whose ranking is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trainer.errors import FaceError
from trainer.faces.face import FaceReader
from trainer.faces.registry import FaceFolders, open_reader
from trainer.runtime.work import follow
from trainer.scoring.compare import Tools, compare
from trainer.scoring.plan.candidate import Candidate
from trainer.scoring.plan.compare_plan import ComparePlan, Probe
from trainer.scoring.reading.descriptors.own import OwnDescriptor
from trainer.scoring.reading.subject import Subject

from .photographs import GROUNDS, SIDE, GroundReader, StandIn, astronaut, photograph, sample, strangers
from .stage import write_lora

TRIGGER = "zxq"
SEEDS = (1, 2, 3, 4)


def dlib() -> FaceReader:
    try:
        return open_reader("dlib", FaceFolders())
    except FaceError as lacks:
        pytest.skip(str(lacks))


def plan() -> ComparePlan:
    contexts = [
        Probe(kind="prompt", prompt=f"{TRIGGER}, woman, {ground} wall", asked={"place": ground}, seeds=SEEDS[:2])
        for ground in GROUNDS
    ]
    return ComparePlan(
        probes=(
            Probe(kind="trigger", prompt=f"{TRIGGER}, woman", seeds=SEEDS),
            *contexts,
            Probe(kind="class", prompt="woman, red wall", seeds=SEEDS[:2]),
        ),
        size=(SIDE, SIDE),
    )


@pytest.mark.slow
def test_of_photographs_the_constructed_best_is_chosen(tmp_path: Path) -> None:
    reader, head, others = dlib(), astronaut(), strangers()
    rng = np.random.default_rng(1)
    pictures = [sample(photograph(head, list(GROUNDS)[n % 4], rng), tmp_path / f"{n}.png") for n in range(8)]
    files = {step: write_lora(tmp_path / f"step{step}.safetensors", {"step": str(step)}) for step in (1, 2, 3, 4)}
    served = photograph(head, "yellow", np.random.default_rng(9))
    generator = StandIn(
        heads={
            "": others,
            "step1": others,
            "step2": [head, *others[:1]],
            "step3": [head],
        },
        stuck={"step4": served},
    )
    training = (*pictures[4:], sample(served, tmp_path / "copied.png"))
    subject = Subject(trigger=TRIGGER, references=tuple(pictures[:4]), training=training)
    candidates = [Candidate(label=f"Step {step}", path=path, step=step) for step, path in files.items()]
    tools = Tools(
        generator=generator,
        faces=reader,
        attributes=GroundReader(),
        out=tmp_path / "report",
        descriptor=OwnDescriptor(),
        base_name="photographs",
        precision="float32",
    )
    report = follow(compare(plan(), candidates, subject, tools))
    by_label = {scores.label: scores for scores in report.checkpoints}
    assert report.chosen == "Step 3", report.reason
    assert [flag.kind for flag in by_label["Step 1"].flags] == ["weak"]
    assert by_label["Step 4"].overtrained
    identity = {label: scores.identity.value for label, scores in by_label.items() if scores.identity}
    assert report.control.identity and report.control.identity.value < reader.same_person < identity["Step 3"]
    assert identity["Step 1"] < identity["Step 2"] < identity["Step 3"]
    assert report.readers["faces"] == reader.name and report.readers["descriptor"] == OwnDescriptor.name
    assert generator.served == 5 * plan().pictures
    left_out = follow(compare(plan(), candidates, replace(subject, references=()), tools))
    assert left_out.chosen == "Step 3" and any("each training picture against the rest" in n for n in left_out.notes)
    assert generator.served == 5 * plan().pictures
