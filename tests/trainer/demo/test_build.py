from pathlib import Path

from PIL import Image

from trainer.demo.assets import demo_base, demo_reader, other_people
from trainer.demo.build.build import QUICK, build
from trainer.demo.identity import VECTOR_SIZE
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot


def test_a_quick_build_makes_every_asset_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    lines: list[str] = []
    assets, work = tmp_path / "assets", tmp_path / "work"
    seconds = build(assets, work, QUICK, lines.append)
    assert set(seconds) == {"vae", "base", "reader", "others"}
    shot = Shot(prompt="person, smiling", width=64, height=64, steps=2)
    assert [image.size for image in LocalGenerator(demo_base(assets)).generate([shot])] == [(64, 64)]
    demo_reader(assets).faces(Image.new("RGB", (64, 64)))
    assert other_people(assets).shape[1:] == (VECTOR_SIZE,)
    assert not any(str(tmp_path) in path.read_text() for path in (assets / "base").glob("*/config.json"))
    again = build(assets, work, QUICK, lines.append)
    assert again["vae"] < seconds["vae"] / 2
