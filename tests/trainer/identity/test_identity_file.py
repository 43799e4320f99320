"""An identity written and read again, and files that are none."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from trainer.errors import ModelError
from trainer.identity.identity import Identity, TokenKey, how_made
from trainer.identity.identity_file import identity_bytes, read_identity_file, source_of
from trainer.identity.kinds import KINDS
from trainer.identity.pictures import FaceMark
from trainer.identity.references import References, Tokens
from trainer.identity.use import Use
from trainer.storage.tensor_file import serialise

KEY = TokenKey(kind="pulid", file="ab12", encoder="e5", how=how_made(Use()))


def sage() -> Identity:
    draw = torch.Generator().manual_seed(3)
    seen = References(
        pooled=torch.randn(2, 8, generator=draw),
        levels=tuple(torch.randn(2, 3, 4, generator=draw).half().float() for _ in range(5)),
    )
    return Identity(
        faces=torch.randn(5, 512, generator=draw) * 3,
        face_model="antelopev2",
        features={"eva02_clip_l-pulid": seen},
        tokens={KEY: Tokens(torch.randn(1, 4, 16, generator=draw), torch.zeros(1, 4, 16))},
        mark=FaceMark(size=(640, 480), points=((1.5, 2.0), (3.0, 2.0), (2.0, 3.0), (1.0, 4.0), (3.0, 4.0))),
        source="5ee1",
        of="sage_character",
    )


def written(path: Path, identity: Identity) -> Path:
    path.write_bytes(identity_bytes(identity))
    return path


def test_it_comes_back_whole_and_makes_the_same_file_again(tmp_path: Path) -> None:
    identity = sage()
    path = written(tmp_path / "sage.identity.safetensors", identity)
    again = read_identity_file(path)
    assert torch.equal(again.faces, identity.faces) and again.mark == identity.mark  # type: ignore[arg-type]
    assert (again.face_model, again.source, again.of) == ("antelopev2", "5ee1", "sage_character")
    made = again.made(KEY)
    assert made is not None and torch.equal(made.conditional, identity.tokens[KEY].conditional)
    seen = again.references(KINDS["pulid"])
    assert torch.equal(seen.pooled, identity.features["eva02_clip_l-pulid"].pooled)  # type: ignore[arg-type]
    assert len(seen.levels) == 5 and torch.equal(seen.levels[4], identity.features["eva02_clip_l-pulid"].levels[4])
    assert identity_bytes(again) == path.read_bytes()
    assert source_of(path) == "5ee1"


def test_an_adapter_reads_the_mean_face_beside_every_picture() -> None:
    identity = sage()
    seen = identity.references(KINDS["pulid"])
    assert seen.faces is not None and seen.faces.shape == (2, 512)
    assert torch.equal(seen.faces[1:], identity.mean)  # type: ignore[arg-type]
    assert identity.references(KINDS["instantid"]).faces.shape == (1, 512)  # type: ignore[union-attr]


def test_an_adapter_of_another_face_model_is_refused_with_the_reader_that_it_needs() -> None:
    with pytest.raises(ModelError, match=r"FaceID learned from faces as buffalo_l .* set reader of Read face to"):
        sage().references(KINDS["faceid"])
    with pytest.raises(ModelError, match=r"needs a face read by buffalo_l, and none was found"):
        Identity().references(KINDS["faceid"])


def test_an_adapter_that_looks_at_pictures_says_when_none_were_seen() -> None:
    with pytest.raises(ModelError, match="Plus Face looks at pictures"):
        sage().references(KINDS["ip_adapter_plus_face"])


def test_tokens_are_found_without_the_encoder_and_never_of_another_file_or_way() -> None:
    def made(**other: str) -> bool:
        return sage().made(TokenKey(**{"kind": "pulid", "file": "ab12", "how": how_made(Use()), **other})) is not None

    assert made() and made(encoder="e5")
    assert not made(encoder="e6") and not made(file="cd") and not made(kind="pulid_v1_1")
    assert not made(how=how_made(Use(combine="average")))


def test_nothing_is_not_saved() -> None:
    with pytest.raises(ModelError, match="nothing to save"):
        identity_bytes(Identity())


def test_other_files_are_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(serialise({"a.lora_up.weight": torch.zeros(1)}, {}))
    with pytest.raises(ModelError, match="x.safetensors is a LoRA, not an identity"):
        read_identity_file(path)
    assert source_of(path) is None
    path.write_bytes(b"<html>")
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        read_identity_file(path)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"version": 2}, "of version 2, newer than this pack"),
        ({"version": 1}, "broken identity file"),
        ({"version": "one"}, "broken identity file"),
    ],
)
def test_a_newer_or_broken_file_says_so(tmp_path: Path, said: dict[str, object], complaint: str) -> None:
    path = tmp_path / "x.identity.safetensors"
    path.write_bytes(serialise({"faces": torch.ones(1, 4)}, {"likeness.identity": json.dumps(said)}))
    with pytest.raises(ModelError, match=complaint):
        read_identity_file(path)


@pytest.mark.parametrize("faces", [torch.full((1, 4), float("nan")), torch.ones(4)])
def test_faces_of_no_numbers_or_another_shape_are_refused(tmp_path: Path, faces: torch.Tensor) -> None:
    path = tmp_path / "x.identity.safetensors"
    metadata = {"likeness.identity": json.dumps({"version": 1, "tokens": []})}
    path.write_bytes(serialise({"faces": faces}, metadata))
    with pytest.raises(ModelError, match=r"faces"):
        read_identity_file(path)


WHOLE = {"version": 1, "face_model": "demo", "of": "", "source": "", "tokens": [], "mark": None}
FIVE = [[1.0, 2.0]] * 5


@pytest.mark.parametrize(
    "said",
    [
        "[" * 200_000,
        '{"version": Infinity}',
        json.dumps({**WHOLE, "mark": {"size": [float("inf"), 1], "points": FIVE}}),
        json.dumps({**WHOLE, "mark": {"size": [10**9, 10**9], "points": FIVE}}),
        json.dumps({**WHOLE, "mark": {"size": [8, 8], "points": [[float("nan"), 0.0]] * 5}}),
    ],
    ids=["a nest", "no version", "no size", "a huge picture", "no place"],
)
def test_what_is_said_beyond_reason_is_broken(tmp_path: Path, said: str) -> None:
    path = tmp_path / "x.identity.safetensors"
    path.write_bytes(serialise({"faces": torch.ones(1, 4)}, {"likeness.identity": said}))
    with pytest.raises(ModelError, match="broken identity file"):
        read_identity_file(path)


@pytest.mark.parametrize("shape", [(4, 8), (1, 0, 8)])
def test_tokens_of_another_shape_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    tokens = Tokens(torch.ones(1, 4, 8), torch.ones(shape))
    path = written(tmp_path / "x.identity.safetensors", Identity(tokens={KEY: tokens}))
    with pytest.raises(ModelError, match=r"broken identity file \(tokens \(1, 4, 8\) and"):
        read_identity_file(path)


def test_a_header_that_does_not_fit_the_weights_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "x.identity.safetensors", sage())
    path.write_bytes(path.read_bytes().replace(b'"shape":[5,512]', b'"shape":[9,512]'))
    with pytest.raises(ModelError, match="broken identity file"):
        read_identity_file(path)


def test_of_the_same_pictures_another_face_takes_nothing_over() -> None:
    before = sage()
    again, other = replace(before, tokens={}), replace(before, tokens={}, faces=before.faces.flip(-1))  # type: ignore[union-attr]
    assert again.over(before).made(KEY) is not None
    assert other.over(before).made(KEY) is None


def test_tokens_of_each_latents_own_reference_are_told_from_those_of_all() -> None:
    assert how_made(Use(options={"each": 1.0})) != how_made(Use())
