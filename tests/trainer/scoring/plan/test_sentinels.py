"""Prompts for what the training pictures never show."""

from pathlib import Path

import numpy as np

from tests.fakes import CHARACTER, FakeReader, mixed, picture
from trainer.dataset.coverage.axis import Axis
from trainer.dataset.coverage.coverage import Coverage
from trainer.dataset.sample import Sample
from trainer.scoring.plan.compare_plan import default_plan
from trainer.scoring.plan.sentinels import coverage_of, sentinel_probes, with_sentinels

from ..stage import stored


def axis(name: str, **buckets: int) -> Axis:
    held = {bucket.replace("_", " "): tuple(str(n) for n in range(count)) for bucket, count in buckets.items()}
    return Axis(name=name, by="somebody", buckets=held)


def test_empty_buckets_become_prompts_and_one_garment_is_changed() -> None:
    axes = (
        axis("angle", front=3, left_profile=0),
        axis("expression", serious=3, smile=0),
        axis("outfit", green_sweater=3),
    )
    probes = sentinel_probes(Coverage(axes={each.name: each for each in axes}), "zxq", "woman", (1, 2))
    assert [probe.prompt for probe in probes] == [
        "zxq, woman, left profile",
        "zxq, woman, portrait, smiling",
        "zxq, woman, wearing a red coat",
    ]
    assert all(probe.sentinel and probe.kind == "prompt" and probe.seeds == (1, 2) for probe in probes)
    assert [dict(probe.asked) for probe in probes][::2] == [{"turn": "left profile"}, {"clothing": "red coat"}]


def test_what_a_plan_asks_for_already_is_not_asked_twice() -> None:
    plan = default_plan("zxq", "woman")
    assert with_sentinels(plan, plan.probes[:3]) == plan


def test_coverage_is_told_by_the_reader_where_no_face_is_marked(tmp_path: Path) -> None:
    picture(mixed(np.ones(3), CHARACTER, 1.0)).save(tmp_path / "one.png")
    sample = Sample(path=tmp_path / "one.png", sha256=stored(tmp_path / "one.png"), width=48, height=48)
    read, unread = coverage_of([sample], FakeReader()), coverage_of([sample], None)
    assert "left profile" in read.axes["angle"].empty and "front" not in read.axes["angle"].empty
    assert unread.axes["angle"].empty == ()
