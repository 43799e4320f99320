"""The shipped adapter: what it is, and that faces follow whom it is shown."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from trainer.demo.assets import demo_adapter, demo_base, demo_reader
from trainer.demo.build.adapter import DemoAdapter, save_adapter
from trainer.demo.characters.character import draw_character
from trainer.demo.settings import SIZE, demo_plan
from trainer.demo.world.identity import VECTOR_SIZE
from trainer.families.registry import load_family
from trainer.families.sd.model import StableDiffusion
from trainer.generate.attachments import Identity
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot
from trainer.identity.adapter import Rows
from trainer.identity.attention.cross import SideAttention
from trainer.identity.files import open_adapter
from trainer.identity.mount.mount import placed_on
from trainer.identity.mount.unet import cross_attentions
from trainer.identity.references import References
from trainer.identity.use import Use
from trainer.images.pixels import load_rgb


@cache
def generator() -> LocalGenerator:
    return LocalGenerator(demo_base(), reader=lambda _: demo_reader())


def drawings(number: int, folder: Path) -> tuple[Path, ...]:
    return tuple(sample.path for sample in draw_character(folder / str(number), number).train)


def faces_in(paths: tuple[Path, ...]) -> np.ndarray:
    return faces_of([load_rgb(path) for path in paths])


def faces_of(images: list[Image.Image]) -> np.ndarray:
    return np.stack([demo_reader().faces(image)[0].embedding for image in images])


def drawn(references: tuple[Path, ...]) -> np.ndarray:
    """Faces of three contexts of the demo's plan, with the adapter shown the references if there are any."""
    shown = (Identity(adapter=demo_adapter(), references=references, weight=0.8),) if references else ()
    probes = [probe for probe in demo_plan("ohwx_moss").probes if probe.kind == "prompt"][:3]
    shots = [
        Shot(
            prompt=probe.prompt,
            seed=probe.seeds[0],
            width=SIZE,
            height=SIZE,
            steps=10,
            guidance=4.0,
            attachments=shown,
        )
        for probe in probes
    ]
    return faces_of(list(generator().generate(shots)))


def test_the_file_is_small_recognised_and_logged() -> None:
    path = demo_adapter()
    adapter = open_adapter(path)
    assert (adapter.kind.name, adapter.family) == ("demo", "sdxl")
    assert path.stat().st_size <= 2_000_000
    assert "adapter step" in (path.parent / "log.txt").read_text()


def test_faces_follow_whoever_the_adapter_is_shown(tmp_path: Path) -> None:
    sets = [drawings(number, tmp_path) for number in (0, 1)]
    # Seen in other pictures than those that the adapter is shown.
    people = [mean / np.linalg.norm(mean) for mean in (faces_in(each[6:]).mean(axis=0) for each in sets)]
    nobody = drawn(())
    for number, references in enumerate(each[:4] for each in sets):
        faces = drawn(references)
        own, other = faces @ people[number], faces @ people[1 - number]
        assert own.min() > demo_reader().same_person
        assert own.mean() > (nobody @ people[number]).mean() + 0.5
        assert (own > other).all()


def test_in_training_it_adds_what_its_file_adds(tmp_path: Path) -> None:
    torch.manual_seed(0)
    family = load_family(demo_base())
    assert isinstance(family, StableDiffusion)
    model = DemoAdapter({number: layer for number, (_, layer) in cross_attentions(family.denoiser).items()})
    model.half().float()
    save_adapter(tmp_path / "made.safetensors", model)
    faces = torch.nn.functional.normalize(torch.randn(2, VECTOR_SIZE), dim=-1)
    adapter, use = open_adapter(tmp_path / "made.safetensors"), Use(weight=1.0, options={"each": 1.0})
    tokens = adapter.tokens(References(faces=faces, face_model="demo"), use)
    placed = placed_on(family, adapter, tokens, use).layers
    assert isinstance(placed, SideAttention) and placed.numbers == model.numbers == {1, 3, 5, 7}
    query, text = torch.randn(2, 16, 96), torch.randn(2, 16, 96)
    rows = Rows(conditional=(True, True), latent=(0, 1), heads=3, grid=(4, 4))
    with torch.no_grad():
        model.show(faces)
        for number in model.numbers:
            torch.testing.assert_close(
                model.attend(number, query, text, rows), placed.attend(number, query, text, rows)
            )
