"""Pictures of a person by an identity adapter: read once, kept while it is asked for, and gone without a trace."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from tests.trainer.generate.test_local import SHOT, pixels
from tests.trainer.lora.test_adapter import written
from trainer.errors import FaceError, ModelError
from trainer.faces.face import Face
from trainer.faces.metric import COSINE
from trainer.families.base import Base
from trainer.families.registry import load_family
from trainer.generate.attachments import Identity, Lora
from trainer.generate.identities import no_reader
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot, batches
from trainer.identity.identity import Identity as Person
from trainer.identity.identity_file import identity_bytes
from trainer.identity.mount.unet import cross_attentions
from trainer.recipe.lora import Lora as LoraRecipe
from trainer.scoring.drawing import picture_key

FACE, CONTEXT, TOKENS = 8, 64, 4


@pytest.fixture(scope="module")
def adapter(tiny_base: Base, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random FaceID for the tiny base, of the demo's kind, strong enough to be seen."""
    return write_adapter(tiny_base, tmp_path_factory.mktemp("adapter") / "demo.safetensors")


def write_adapter(base: Base, path: Path, seed: int = 0, faces: int = FACE) -> Path:
    source = torch.Generator().manual_seed(seed)
    family: Any = load_family(base)
    shapes = {"proj.0.weight": (16, faces), "proj.0.bias": (16,), "proj.2.weight": (TOKENS * CONTEXT, 16)}
    shapes |= {"proj.2.bias": (TOKENS * CONTEXT,), "norm.weight": (CONTEXT,), "norm.bias": (CONTEXT,)}
    tensors = {f"image_proj.{name}": torch.randn(shape, generator=source) for name, shape in shapes.items()}
    for number, (_, attention) in cross_attentions(family.denoiser).items():
        for side in "kv":
            tensors[f"ip_adapter.{number}.to_{side}_ip.weight"] = torch.randn(
                attention.inner_dim, CONTEXT, generator=source
            )
    save_file(tensors, path, {"likeness_kind": "demo"})
    return path


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_person(tmp_path_factory.mktemp("person") / "ana.identity.safetensors", 1)


def write_person(path: Path, seed: int, face_model: str = "demo") -> Path:
    faces = torch.randn(3, FACE, generator=torch.Generator().manual_seed(seed))
    path.write_bytes(identity_bytes(Person(faces=faces, face_model=face_model)))
    return path


def shown(adapter: Path, *references: Path, **how: Any) -> Shot:
    identity = Identity(adapter=adapter, references=references, **{"weight": 1.0, **how})
    return replace(SHOT, attachments=(identity,))


def draw(generator: LocalGenerator, *shots: Shot) -> list[np.ndarray]:
    return [pixels(image) for image in generator.generate(shots)]


def test_an_adapter_changes_pictures_and_leaves_no_trace(tiny_base: Base, adapter: Path, person: Path) -> None:
    generator = LocalGenerator(tiny_base)
    full, half = shown(adapter, person), shown(adapter, person, weight=0.5)
    never, late = shown(adapter, person, weight=0.0), shown(adapter, person, start=0.9)
    bare, one, other, none, last, after = draw(generator, SHOT, full, half, never, late, SHOT)
    assert (bare == none).all()
    assert (bare == after).all()
    assert abs(one - bare).max() > 2
    assert (other != one).any()
    assert 0 < abs(last - bare).mean() < abs(one - bare).mean(), "the last step alone"


def test_a_picture_does_not_depend_on_its_batch(tiny_base: Base, adapter: Path, person: Path) -> None:
    """Each row keeps its own half of the guidance."""
    generator, shot = LocalGenerator(tiny_base), shown(adapter, person)
    (alone,) = draw(generator, shot)
    together = draw(generator, *(replace(shot, prompt=f"person {n}", seed=n) for n in range(2)), shot)
    assert abs(together[2] - alone).max() <= 1


def test_a_lora_and_an_adapter_are_drawn_together_in_whatever_order_they_came(
    tiny_base: Base, adapter: Path, person: Path, tmp_path: Path
) -> None:
    lora = Lora(path=written(load_family(tiny_base), tmp_path / "lora.safetensors", LoraRecipe(rank=2, alpha=2.0)))
    face = shown(adapter, person)
    both = face.with_lora(lora)
    first, second = LocalGenerator(tiny_base), LocalGenerator(tiny_base)
    alone, after_lora = draw(first, SHOT.with_lora(lora), both)
    with_face, after_face, lora_again, bare = draw(second, face, both, SHOT.with_lora(lora), SHOT)
    assert (after_lora == after_face).all()
    assert (alone == lora_again).all()
    assert (with_face != after_face).any()
    assert (bare == draw(first, SHOT)[0]).all()


def test_tokens_are_made_once_and_the_mount_stays_while_shots_repeat_it(
    tiny_base: Base, adapter: Path, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer.generate import identities

    opened, mounted = [], []
    open_adapter, mount_identity = identities.open_adapter, identities.mount_identity
    monkeypatch.setattr(identities, "open_adapter", lambda *a: opened.append(a) or open_adapter(*a))
    monkeypatch.setattr(identities, "mount_identity", lambda *a: mounted.append(a) or mount_identity(*a))
    generator, shot = LocalGenerator(tiny_base), shown(adapter, person)
    draw(generator, shot, replace(shot, prompt="other"), replace(shot, width=80))
    assert (len(opened), len(mounted)) == (1, 1)
    again = draw(generator, shown(adapter, person, weight=0.5), SHOT, shot)
    assert (len(opened), len(mounted)) == (1, 3)
    generator.release()
    assert (draw(generator, shot)[0] == again[2]).all()


@dataclass(frozen=True)
class Reader:
    """Finds whoever a picture's middle says, and nobody in black ones."""

    name: str = "demo reader"
    licence: str = "free"
    same_person: float = -1.0
    metric: Any = COSINE
    measures_identity: bool = True

    def faces(self, image: Image.Image) -> list[Face]:
        seed = int(np.asarray(image)[image.height // 2, image.width // 2, 0])
        row = np.random.default_rng(seed).normal(size=FACE)
        points = ((30.0, 30.0), (50.0, 30.0), (40.0, 40.0), (32.0, 50.0), (48.0, 50.0))
        box = (20.0, 20.0, 60.0, 60.0)
        return [Face(box=box, points=points, yaw=0.0, embedding=row / np.linalg.norm(row), score=1.0)] * (seed > 0)


def picture(path: Path, red: int) -> Path:
    Image.new("RGB", (96, 96), (red, 0, 0)).save(path)
    return path


def test_pictures_of_a_person_are_read_where_somebody_reads_faces(
    tiny_base: Base, adapter: Path, tmp_path: Path
) -> None:
    asked: list[str] = []

    def reader(face_model: str) -> Any:
        asked.append(face_model)
        return Reader()

    one, two = picture(tmp_path / "1.png", 9), picture(tmp_path / "2.png", 99)
    generator = LocalGenerator(tiny_base, reader=reader)
    bare, ana, ben = draw(generator, SHOT, shown(adapter, one), shown(adapter, two))
    assert asked == ["demo", "demo"]
    assert (ana != bare).any()
    assert (ana != ben).any()
    with pytest.raises(FaceError, match=r"black\.png shows no face"):
        draw(generator, shown(adapter, picture(tmp_path / "black.png", 0)))
    assert (draw(generator, SHOT)[0] == bare).all()


def refused(tiny_base: Base, shot: Shot, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        draw(LocalGenerator(tiny_base), shot)


def test_what_cannot_be_used_gets_a_sentence(tiny_base: Base, adapter: Path, person: Path, tmp_path: Path) -> None:
    refused(tiny_base, shown(adapter, picture(tmp_path / "1.png", 9)), FaceError, "Nobody reads faces by demo here")
    refused(tiny_base, shown(adapter), ModelError, "nobody for Demo adapter to be like")
    refused(tiny_base, shown(adapter, person, tmp_path / "1.png"), ModelError, "an identity of its own")
    refused(tiny_base, shown(tmp_path / "away.bin", person), ModelError, r"away\.bin cannot be read")
    stranger = write_person(tmp_path / "s.identity.safetensors", 1, "antelopev2")
    refused(tiny_base, shown(adapter, stranger), ModelError, "learned from faces as demo tells them")
    wide = write_adapter(tiny_base, tmp_path / "wide.safetensors", faces=9)
    refused(tiny_base, shown(wide, person), ModelError, r"reads face embeddings \(n, 9\)")
    refused(tiny_base, shown(adapter, person, weight_type="sideways"), ModelError, "no weight type 'sideways'")


def test_an_adapter_for_flux_is_refused_on_sdxl_before_anything_is_made(tiny_base: Base, tmp_path: Path) -> None:
    width = {"proj.weight": (4 * 32, FACE), "proj.bias": (4 * 32,), "norm.weight": (32,), "norm.bias": (32,)}
    tensors = {f"ip_adapter_proj_model.{name}": torch.ones(shape) for name, shape in width.items()}
    for side in "kv":
        name = f"double_blocks.0.processor.ip_adapter_double_stream_{side}_proj"
        tensors |= {f"{name}.weight": torch.ones(128, 32), f"{name}.bias": torch.ones(128)}
    save_file(tensors, tmp_path / "flux.safetensors")
    refused(
        tiny_base,
        shown(tmp_path / "flux.safetensors", picture(tmp_path / "1.png", 9)),
        ModelError,
        r"flux\.safetensors is an adapter for FLUX\.1, and this base is SDXL",
    )


def test_an_adapter_that_looks_at_pictures_needs_its_encoder(tiny_base: Base, adapter: Path, tmp_path: Path) -> None:
    tensors = {name: tensor for name, tensor in load_file(adapter).items() if name.startswith("ip_adapter")}
    shapes = {"proj.weight": (TOKENS * CONTEXT, 16), "proj.bias": (TOKENS * CONTEXT,), "norm.weight": (CONTEXT,)}
    shapes["norm.bias"] = (CONTEXT,)
    tensors |= {f"image_proj.{name}": torch.ones(shape) for name, shape in shapes.items()}
    save_file(tensors, tmp_path / "plain.safetensors", {"likeness_family": "sdxl"})
    plain = shown(tmp_path / "plain.safetensors", picture(tmp_path / "1.png", 9))
    refused(
        tiny_base, plain, ModelError, r"plain\.safetensors looks at .* through clip_vit_h: give that encoder's file"
    )


def test_nobody_reads_unasked() -> None:
    with pytest.raises(FaceError, match=r"Nobody reads faces by buffalo_l here: save an identity"):
        no_reader("buffalo_l")


def test_a_shot_without_adapters_keeps_the_name_of_its_picture() -> None:
    """As pictures of comparisons were kept before there were adapters."""
    assert picture_key("base", SHOT, 1.0) == "2fef003ec3d3c9c60f2451c19f218db1"


def test_another_person_adapter_or_use_is_another_picture(adapter: Path, person: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.identity.safetensors"
    moved.write_bytes(person.read_bytes())
    other = write_person(tmp_path / "other.identity.safetensors", 2)
    shots: Sequence[Shot] = [
        SHOT,
        shown(adapter, person),
        shown(adapter, other),
        shown(adapter, person, weight=0.5),
        shown(adapter, person, weight_type="ease in"),
        shown(adapter, person, start=0.1),
        shown(adapter, person, end=0.9),
        shown(other, person),
        replace(SHOT, attachments=shown(adapter, person).attachments * 2),
    ]
    assert len({picture_key("base", shot, 1.0) for shot in shots}) == len(shots)
    assert len(list(batches(shots))) == len(shots)
    assert picture_key("base", shown(adapter, moved), 1.0) == picture_key("base", shots[1], 1.0)
    assert picture_key("base", shown(adapter, person, weight=0.0), 1.0) == picture_key("base", SHOT, 1.0)
