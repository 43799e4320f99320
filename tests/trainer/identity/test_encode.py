"""What encoders are shown of reference pictures, and tokens made of what they say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from tests.trainer.identity.drawn import drawn
from tests.trainer.identity.encoders.test_clip_images import shapes as clip_shapes
from tests.trainer.identity.pulid_layouts import eva_shapes
from trainer.errors import FaceError, ModelError
from trainer.identity.encode import encoded
from trainer.identity.encoders.clip_images import open_clip_images
from trainer.identity.identity import Identity
from trainer.identity.kinds import KINDS, AdapterKind
from trainer.identity.pictures import FacePicture, around, face_crop, square_around
from trainer.identity.prepare import token_key, tokens_of, with_tokens
from trainer.identity.references import References, Tokens
from trainer.identity.use import Use
from trainer.identity.views import features_name

POINTS = ((60.0, 40.0), (90.0, 42.0), (75.0, 60.0), (63.0, 75.0), (88.0, 76.0))


def shown(seed: int = 0, **face: object) -> FacePicture:
    pixels = np.random.default_rng(seed).integers(0, 255, (128, 160, 3), np.uint8)
    return FacePicture(name=str(seed), image=Image.fromarray(pixels), **face)  # type: ignore[arg-type]


FACED = shown(box=(50, 20, 100, 90), points=POINTS)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "l.safetensors"
    save_file(drawn(clip_shapes(1024)), path)
    return path


@pytest.fixture(scope="module")
def eva(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("eva") / "EVA02_CLIP_L_336_psz14_s6B.pt"
    weights = drawn(eva_shapes(width=64, inner=16, depth=21, patch=56, grid=6, out=24))
    torch.save({f"visual.{name}": tensor for name, tensor in weights.items()}, path)
    return path


def test_kinds_for_any_picture_see_the_whole(clip: Path) -> None:
    seen = encoded(KINDS["xlabs_flux"], [FACED], clip)
    wanted = open_clip_images(clip).features([FACED.image])
    assert torch.equal(seen.pooled, wanted.pooled) and torch.equal(seen.blank, wanted.blank)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "view"), [("ip_adapter_plus_face", square_around(FACED)), ("faceid_plus", face_crop(FACED, 224))]
)
def test_kinds_for_faces_see_the_face_alone(kind: str, view: Image.Image, clip: Path) -> None:
    narrow = replace(KINDS[kind], images="clip_vit_l")
    seen, wanted = encoded(narrow, [FACED], clip), open_clip_images(clip).features([view])
    assert torch.equal(seen.hidden, wanted.hidden)  # type: ignore[arg-type]


def test_pulid_sees_it_through_eva_and_needs_its_points(eva: Path) -> None:
    seen = encoded(KINDS["pulid"], [FACED, FACED], eva)
    assert seen.pooled is not None and seen.pooled.shape == (2, 24)
    assert [level.shape for level in seen.levels] == [(2, 37, 64)] * 5
    with pytest.raises(FaceError, match="five points"):
        encoded(KINDS["pulid"], [shown()], eva)


def test_another_encoder_than_the_kinds_is_refused(clip: Path) -> None:
    with pytest.raises(ModelError, match=r"clip_vit_h \(1280 wide\) is needed"):
        encoded(KINDS["ip_adapter"], [FACED], clip)


def test_a_square_around_a_face_reaches_beyond_the_picture_in_black() -> None:
    near = shown(box=(0, 0, 40, 40))
    square = square_around(near)
    assert around((0, 0, 40, 40)) == (-14, -14, 54, 54) and square.size == (68, 68)
    assert square.getpixel((3, 3)) == (0, 0, 0)
    assert square_around(shown()).size == (160, 128)


class Reads:
    """An adapter whose tokens are the pooled features beside the faces; it keeps how often it was asked."""

    family = "flux1"

    def __init__(self, path: Path, kind: AdapterKind) -> None:
        self.path, self.kind, self.asked = path, kind, 0

    def tokens(self, references: References, use: Use) -> Tokens:
        self.asked += 1
        parts: list[Tensor] = [each for each in (references.faces, references.pooled) if each is not None]
        made = torch.cat([part.flatten() for part in parts])[None, None]
        return Tokens(made, torch.zeros_like(made))


def test_tokens_are_made_once_and_found_again_without_pictures_or_encoder(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "adapter.safetensors"
    path.write_bytes(b"weights")
    adapter = Reads(path, KINDS["xlabs_flux"])
    asked: list[str] = []

    def encoder(name: str) -> Path:
        asked.append(name)
        return clip

    known = with_tokens(Identity(pictures=(FACED,)), adapter, Use(), encoder)  # type: ignore[arg-type]
    assert set(asked) == {"clip_vit_l"} and features_name(adapter.kind) in known.features
    assert next(iter(known.tokens)).encoder != ""
    bare = Identity(tokens=known.tokens)
    again = tokens_of(bare, adapter, Use(), encoder)  # type: ignore[arg-type]
    assert torch.equal(again.conditional, known.tokens[next(iter(known.tokens))].conditional)
    assert adapter.asked == 1
    assert token_key(adapter, Use(weight=0.2, start=0.3)) == token_key(adapter, Use())  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="looks at pictures"):
        tokens_of(bare, adapter, Use(combine="average"), encoder)  # type: ignore[arg-type]
