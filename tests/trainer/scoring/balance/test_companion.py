"""What is balanced with a LoRA: an adapter's identity kept by content, and references by their strength."""

from pathlib import Path

import pytest
import torch

from tests.fakes import picture
from trainer.demo.assets import demo_adapter
from trainer.errors import ModelError
from trainer.generate.attachments import Identity as Brought
from trainer.generate.attachments import Reference
from trainer.generate.identities import IdentityFiles
from trainer.generate.shot import Shot
from trainer.identity.files import open_adapter
from trainer.identity.identity import Identity
from trainer.identity.prepare import tokens_of
from trainer.identity.use import Use
from trainer.scoring.balance.companion import FOLDER, Adapted, Referred, adapted


def _nowhere(encoder: str) -> Path:
    raise AssertionError(f"{encoder} was asked for")


def _identity(seed: int = 0, **more: object) -> Identity:
    faces = torch.randn(3, 36, generator=torch.Generator().manual_seed(seed))
    return Identity(**{"faces": faces, "face_model": "demo", **more})  # type: ignore[arg-type]


def _adapted(out: Path, identity: Identity) -> Adapted:
    return adapted(open_adapter(demo_adapter(), "demo"), identity, _nowhere, out)


def test_an_adapters_identity_is_kept_with_its_tokens_and_brought_at_each_weight(tmp_path: Path):
    made = _adapted(tmp_path, _identity())
    assert made.title == "Demo adapter" and made.identity.parent == tmp_path / FOLDER
    (weak,), (strong,) = made.at(0.3), made.at(0.7)
    assert isinstance(weak, Brought) and isinstance(strong, Brought) and (weak.weight, strong.weight) == (0.3, 0.7)
    opened = IdentityFiles().opened(strong)
    adapter = open_adapter(demo_adapter(), "demo")
    wanted = tokens_of(_identity(), adapter, Use(), _nowhere)
    assert torch.equal(opened.tokens.conditional, wanted.conditional) and opened.use.weight == 0.7


def test_pictures_are_named_by_who_is_brought_and_not_by_what_else_is_known_of_them(tmp_path: Path):
    one, again = _adapted(tmp_path, _identity()), _adapted(tmp_path / "elsewhere", _identity())
    other, told = _adapted(tmp_path, _identity(1)), _adapted(tmp_path, _identity(of="sage_character"))

    def key(made: Adapted) -> str:
        return Shot(prompt="a", attachments=made.at(0.6)).identities[0].content_key

    assert key(one) == key(again) != key(other)
    assert one.identity.read_bytes() != told.identity.read_bytes(), "whom it is of is kept"


def test_faces_of_another_reader_are_refused(tmp_path: Path):
    with pytest.raises(ModelError, match="antelopev2"):
        _adapted(tmp_path, _identity(face_model="antelopev2"))


def test_a_references_strength_is_in_the_pictures_key_unless_it_is_the_models_own(tmp_path: Path):
    path = tmp_path / "a.png"
    picture(None).save(path)
    shots = {
        strength: Shot(prompt="a", attachments=Referred(pictures=(path,)).at(strength)).by_content()
        for strength in (0.5, 1.0)
    }
    plain = Shot(prompt="a", attachments=(Reference(path=path),)).by_content()
    assert shots[1.0] == plain != shots[0.5]
