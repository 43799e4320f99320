from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from trainer.demo.assets import demo_adapter, demo_base, demo_reader, other_people
from trainer.demo.build import build as stages
from trainer.demo.build.build import QUICK, build, build_flow
from trainer.demo.build.course import Course
from trainer.demo.build.vae import Round
from trainer.demo.world.identity import VECTOR_SIZE
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot
from trainer.identity.files import open_adapter

SHORT = replace(
    QUICK,
    vae_pictures=4,
    vae_rounds=(Round(crop_steps=1, full_steps=0, lr=1e-3),),
    known_pictures=2,
    per_known=2,
    stranger_pictures=2,
    base=Course(steps=1, lr=1e-3),
    reader_pictures=8,
    flow_pictures=4,
    flow_decoder=Round(crop_steps=0, full_steps=1, lr=1e-3),
    flow=Course(steps=1, lr=1e-3),
    soft_pictures=2,
    reader_steps=1,
    detector_steps=1,
    others=2,
)


# Nothing that a user runs imports the build, so that it is slow proof alone.
@pytest.mark.slow
@pytest.mark.parametrize("plan", [SHORT, QUICK], ids=["short", "quick"])
def test_a_build_makes_every_asset_and_goes_on_where_it_stopped(
    plan: stages.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    assets, work = tmp_path / "assets", tmp_path / "work"
    seconds = build(assets, work, plan, lines.append)
    assert set(seconds) == {"vae", "base", "reader", "others", "portraits", "adapter"}
    assert open_adapter(demo_adapter(assets)).kind.name == "demo"
    shot = Shot(prompt="person, smiling", width=64, height=64, steps=2)
    assert [image.size for image in LocalGenerator(demo_base(assets)).generate([shot])] == [(64, 64)]
    demo_reader(assets).faces(Image.new("RGB", (64, 64)))
    assert other_people(assets).shape[1:] == (VECTOR_SIZE,)
    assert not any(str(tmp_path) in path.read_text() for path in (assets / "base").glob("*/config.json"))
    assert set(build_flow(assets, work, plan, lines.append)) == {"flow vae", "flow"}
    flow = demo_base(assets, "flow")
    assert [image.size for image in LocalGenerator(flow).generate([shot])] == [(64, 64)]
    assert not any(str(tmp_path) in path.read_text() for path in (assets / "flow").glob("*/config.json"))
    for stage in ("train_vae", "encode_lessons", "portraits"):
        monkeypatch.setattr(stages, stage, _made_twice)
    build(assets, work, plan, lines.append)
    build_flow(assets, work, plan, lines.append)


def _made_twice(*_: object) -> None:
    raise AssertionError("what lay in the work folder was made again")
