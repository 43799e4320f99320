"""Read face: whose face is taken, who reads it, and where the identity is kept."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.nodes.conftest import listed_nodes

from ..fake_host import FakeHost
from .faces import SAGE, WREN, FakeAdapter, face_reader, image

Pack = Callable[[str], Any]
SETTINGS = {"select": "largest", "on_no_face": "error", "reader": "auto", "save_as": "", "index": 0, "crop_size": 512}


@pytest.fixture
def asked(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which readers were asked for; only insightface antelopev2 and demo drawings are here."""
    readers: list[str] = []

    def reader_of(choice: str) -> Any:
        readers.append(choice)
        if choice in ("insightface antelopev2", "demo drawings"):
            return face_reader("demo reader" if choice == "demo drawings" else choice)
        raise pack("trainer.errors").FaceError(f"{choice} is missing.")

    monkeypatch.setattr(pack("nodes.use.references"), "reader_of", reader_of)
    return readers


@pytest.fixture
def read(pack: Pack, asked: list[str]) -> Callable[..., Any]:
    node = pack("nodes.use.read_face").ReadFace
    return lambda **given: node.execute(**{name: [value] for name, value in {**SETTINGS, **given}.items()})


def test_pictures_become_one_person_with_crops_and_a_report(read: Callable[..., Any]) -> None:
    done = read(images=image(SAGE, SAGE, SAGE, WREN), crop_size=128)
    identity, crops, report = done.args
    assert identity.faces.shape == (3, 3) and identity.face_model == "antelopev2"
    assert crops.shape == (3, 128, 128, 3)
    assert "Picture 4: 1 face" in report and "left out: likeness" in done.ui["warning"][0]
    assert report.startswith("Read by insightface antelopev2. The fake reader may be used for anything.")


def test_who_reads_is_the_face_model_of_the_adapter(pack: Pack, read: Callable[..., Any], asked: list[str]) -> None:
    file = pack("trainer.identity.installed").AdapterFile(path=Path("x"), kind="faceid", family="sdxl")
    wired = pack("nodes.use.adapters").AdapterChoice(name="IP-Adapter FaceID", files=[file])
    with pytest.raises(pack("trainer.errors").FaceError, match="buffalo_l is missing"):
        read(images=image(SAGE), adapter=wired)
    assert asked == ["insightface buffalo_l"]


def test_a_picture_without_a_face_is_named_or_skipped(pack: Pack, read: Callable[..., Any]) -> None:
    with pytest.raises(pack("trainer.errors").FaceError, match=r"^Picture 2 shows no face"):
        read(images=image(SAGE, None))
    assert len(read(images=image(SAGE, None), on_no_face="skip").args[1]) == 1


def test_nothing_wired_is_said(pack: Pack, read: Callable[..., Any]) -> None:
    with pytest.raises(pack("trainer.errors").FaceError, match="wire some, or a dataset"):
        read()


def test_it_is_saved_beside_the_lora_and_replaces_only_its_own(
    pack: Pack, fake_host: FakeHost, read: Callable[..., Any]
) -> None:
    lora = pack("nodes.sockets").ChosenLora(path=Path("likeness/sage.safetensors"), name="x", trigger="s", models=None)
    places = fake_host.home / "loras" / "likeness"
    first = read(images=image(SAGE, SAGE), lora=lora)
    assert "Saved as likeness/sage.identity.safetensors." in first.args[2]
    read(images=image(SAGE, SAGE), save_as="sage")
    other = read(images=image(WREN), save_as="sage")
    assert "Saved as likeness/sage_2.identity.safetensors." in other.args[2]
    assert sorted(path.name for path in places.iterdir()) == [
        "sage.identity.safetensors",
        "sage_2.identity.safetensors",
    ]
    again = pack("trainer.identity.identity_file").read_identity_file(places / "sage.identity.safetensors")
    assert torch.equal(again.faces, first.args[0].faces) and again.of == "s"


def test_with_an_adapter_its_tokens_are_saved_too(
    pack: Pack, fake_host: FakeHost, read: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "adapter.safetensors"
    path.write_bytes(b"weights")
    file = pack("trainer.identity.installed").AdapterFile(path=path, kind="instantid", family="sdxl")
    opened = FakeAdapter(pack, path, "instantid")
    wired = pack("nodes.use.adapters").AdapterChoice(name="InstantID", files=[file], _opened={path: opened})
    read(images=image(SAGE, SAGE), adapter=wired, save_as="sage")
    read(images=image(SAGE, SAGE), save_as="sage")  # which does not forget them
    saved = fake_host.home / "loras" / "likeness" / "sage.identity.safetensors"
    again = pack("trainer.identity.identity_file").read_identity_file(saved)
    assert [key.kind for key in again.tokens] == ["instantid"] and len(opened.shown) == 1


@pytest.mark.parametrize("name", ["../sage", "a/b", "."])
def test_a_name_that_is_a_path_is_refused(pack: Pack, read: Callable[..., Any], name: str) -> None:
    with pytest.raises(pack("trainer.errors").LikenessError, match="cannot name a folder"):
        read(images=image(SAGE), save_as=name)


@pytest.fixture
def drawings(pack: Pack) -> Iterator[torch.Tensor]:
    rng = np.random.default_rng(4)
    person = pack("trainer.demo.world.identity").random_identity(rng)
    look = pack("trainer.demo.world.look").random_look
    draw = pack("trainer.demo.world.draw").draw
    pages = [np.asarray(draw(person, look(rng), rng).image, np.float32) / 255 for _ in range(4)]
    yield torch.from_numpy(np.stack(pages))


def test_drawn_people_are_read_by_the_reader_of_drawings(pack: Pack, drawings: torch.Tensor) -> None:
    node = next(node for node in listed_nodes() if node.__name__ == "ReadFace")
    given = {**SETTINGS, "reader": "demo drawings", "images": drawings, "on_no_face": "skip"}
    identity, crops, _ = node.execute(**{name: [value] for name, value in given.items()}).args
    assert identity.face_model == "demo" and len(identity.faces) == len(crops) >= 3
