"""Apply reference and InstantID conditioning: what they hand to the host, and what they refuse."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

from ..fake_host import Wire
from .faces import SAGE, FakeAdapter, face_reader, image

Pack = Callable[[str], Any]
SETTINGS = {
    "model": Wire("model"),
    "conditioning": [["words", {}]],
    "strength": 1.0,
    "start": 0.0,
    "end": 1.0,
    "face_only": False,
}
LATENT = {"samples": torch.ones(1, 4, 2, 2)}
MARKS = ((20.0, 20.0), (40.0, 20.0), (30.0, 30.0), (22.0, 40.0), (38.0, 40.0))


@pytest.fixture
def reference(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The node; of the host only what it was given."""

    def refuse(model: Any) -> None:
        if model == "an old one":
            raise pack("trainer.errors").ModelError("it takes no reference pictures")

    host = SimpleNamespace(
        ReferenceUse=lambda **use: SimpleNamespace(**use),
        encoded=lambda vae, pixels: (vae, tuple(pixels.shape)),
        with_reference=lambda model, words, samples, use: (use, samples),
        refuse_without_references=refuse,
    )
    monkeypatch.setitem(sys.modules, f"{pack('nodes').__name__}.host.reference", host)
    node = pack("nodes.use.apply_reference").ApplyReference
    return lambda **given: node.execute(**{**SETTINGS, **given}).args


@pytest.fixture
def sage(pack: Pack) -> Any:
    """An identity with one picture, 64 × 48, whose face is in it."""
    pictures = pack("trainer.identity.pictures")
    page = pictures.FacePicture(name="1", image=Image.new("RGB", (64, 48)), box=(20, 10, 40, 30), points=MARKS)
    return pack("trainer.identity.identity").Identity(
        faces=torch.ones(1, 512), face_model="antelopev2", pictures=(page,), mark=page.mark
    )


def test_a_latent_goes_before_a_picture_and_a_picture_before_an_identity(
    reference: Callable[..., Any], sage: Any
) -> None:
    use, samples = reference(latent=LATENT, image=image(SAGE), identity=sage, strength=0.5)
    assert samples is LATENT["samples"] and (use.strength, use.mask) == (0.5, None)
    assert reference(image=image(SAGE), identity=sage, vae=Wire("vae"))[1] == ("vae", (1, 48, 48, 3))
    assert reference(identity=sage, vae=Wire("vae"))[1] == ("vae", (1, 48, 64, 3))


def test_the_face_alone_is_a_square_around_it(reference: Callable[..., Any], sage: Any) -> None:
    mask = reference(identity=sage, vae=Wire("vae"), face_only=True)[0].mask
    assert mask.shape == (48, 64) and int(mask.sum()) == 34 * 34  # a box of 20 with 0.35 of it on every side
    assert bool(mask[10:30, 20:40].all()) and not bool(mask[:, :13].any())


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "There is no reference"),
        ({"vae": None}, "There is no reference"),
        ({"model": Wire("an old one"), "image": torch.zeros(1, 8, 8, 3)}, "takes no reference pictures"),
        ({"image": torch.zeros(1, 8, 8, 3)}, "encoded by the model's VAE"),
        ({"latent": LATENT, "face_only": True}, "face_only needs an identity"),
    ],
)
def test_what_is_missing_is_said(
    pack: Pack, reference: Callable[..., Any], given: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(pack("trainer.errors").ModelError, match=complaint):
        reference(**{"vae": None if "image" in given else Wire("vae"), **given})


def test_an_identity_of_a_file_has_no_picture(pack: Pack, reference: Callable[..., Any]) -> None:
    with pytest.raises(pack("trainer.errors").ModelError, match="which holds no pictures"):
        reference(identity=pack("trainer.identity.identity").Identity(), vae=Wire("vae"))


@pytest.fixture
def instantid(pack: Pack, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[..., Any]:
    def apply_instantid_control(*given: Any) -> tuple[Any, Any]:
        return given[0], given

    host = SimpleNamespace(apply_instantid_control=apply_instantid_control)
    monkeypatch.setitem(sys.modules, f"{pack('nodes').__name__}.host.identity.control", host)
    monkeypatch.setattr(pack("nodes.use.references"), "reader_of", face_reader)
    path = tmp_path / "x.bin"
    path.write_bytes(b"weights")
    node = pack("nodes.use.instantid").InstantIdConditioning

    def run(kind: str = "instantid", **given: Any) -> Any:
        file = pack("trainer.identity.installed").AdapterFile(path=path, kind=kind, family="sdxl")
        opened = {path: FakeAdapter(pack, path, kind)}
        adapter = pack("nodes.use.adapters").AdapterChoice(name=kind, files=[file], _opened=opened)
        settings = {"positive": "p", "negative": "n", "control_net": "net", "strength": 0.8, "start": 0.0, "end": 0.9}
        return node.execute(**{**settings, "adapter": adapter, **given})

    return run


def test_the_hint_is_of_the_identity_else_of_the_pose(instantid: Callable[..., Any], sage: Any) -> None:
    positive, given, hint = instantid(identity=sage).args
    assert positive == "p" and given[:3] == ("p", "n", "net") and given[5:] == (0.8, 0.0, 0.9)
    assert hint.shape == (1, 48, 64, 3) and hint is given[3] and float(hint.max()) == 1
    assert torch.equal(given[4].conditional, torch.ones(1, 1, 512))
    assert instantid(identity=sage, pose=image(SAGE)).args[2].shape == (1, 48, 48, 3)


def test_it_is_refused_what_instantid_cannot_use(pack: Pack, instantid: Callable[..., Any], sage: Any) -> None:
    errors = pack("trainer.errors")
    with pytest.raises(errors.ModelError, match="is PuLID, which has no ControlNet"):
        instantid("pulid", identity=sage)
    with pytest.raises(errors.FaceError, match="The picture in pose shows no face"):
        instantid(identity=sage, pose=image(None))
    faceless = pack("trainer.identity.identity").Identity(faces=torch.ones(1, 512), face_model="antelopev2")
    with pytest.raises(errors.FaceError, match="wire a picture into pose"):
        instantid(identity=faceless)
