"""Which adapters and encoders lie on a machine, and what is said of those that do not."""

from pathlib import Path

import pytest
import torch

from trainer.errors import ModelError
from trainer.identity.installed import (
    encoder_file,
    encoder_of,
    found_files,
    kind_titled,
    missing_adapter,
    named_files,
    weight_files,
)
from trainer.identity.kinds import KINDS
from trainer.storage.tensor_file import write_tensors


def put(path: Path, data: bytes = b"weights") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def write(path: Path, **shapes: tuple[int, ...]) -> Path:
    write_tensors(path, {name.replace("__", "."): torch.zeros(shape) for name, shape in shapes.items()}, {})
    return path


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        ({"vision_model__embeddings__class_embedding": (1280,)}, "clip_vit_h"),
        ({"vision_model__embeddings__class_embedding": (1664,)}, "clip_vit_bigg"),
        ({"vision_model__embeddings__class_embedding": (1024,)}, "clip_vit_l"),
        ({"visual__class_embedding": (1280,)}, "clip_vit_h"),
        ({"vision_model__embeddings__class_embedding": (768,)}, ""),
        ({"vision_model__embeddings__class_embedding": ()}, ""),
        ({"vision_model__head__probe": (1, 1, 1152)}, "siglip_so400m"),
        ({"visual__blocks__0__attn__inner_attn_ln__weight": (8,)}, "eva02_clip_l"),
        ({"layer__lora_up__weight": (8,)}, ""),
    ],
)
def test_encoders_are_told_by_what_is_in_them(tmp_path: Path, shapes: dict[str, tuple[int, ...]], kind: str) -> None:
    assert encoder_of(write(tmp_path / "model.safetensors", **shapes)) == kind


def test_what_has_no_header_is_told_by_its_name_or_not_at_all(tmp_path: Path) -> None:
    assert encoder_of(put(tmp_path / "EVA02_CLIP_L_336_psz14_s6B.pt")) == "eva02_clip_l"
    assert encoder_of(put(tmp_path / "CLIP-ViT-H.bin")) == encoder_of(put(tmp_path / "h.safetensors", b"<html>")) == ""


def test_an_encoder_is_found_in_any_folder_below_and_a_missing_one_told_with_what_is_there(tmp_path: Path) -> None:
    deep = tmp_path / "openai" / "clip" / "model.safetensors"
    deep.parent.mkdir(parents=True)
    write(deep, vision_model__embeddings__class_embedding=(1024,))
    folders = {"clip_vision": [tmp_path]}
    assert encoder_file("clip_vit_l", folders) == deep
    with pytest.raises(ModelError, match=r"SigLIP is not here: .*Apache-2.0.*What is there is CLIP ViT-L, whose"):
        encoder_file("siglip_so400m", folders)


def test_kinds_are_found_by_their_authors_names_and_auto_takes_the_free_one_first(tmp_path: Path) -> None:
    faceid = put(tmp_path / "ip" / "faceid" / "ip-adapter-faceid_sdxl.bin")
    free = put(tmp_path / "ip" / "IP-Adapter-Plus-Face_SDXL_ViT-H.safetensors")
    flux = put(tmp_path / "x" / "flux-ip-adapter-v2.safetensors")
    put(tmp_path / "ip" / "ip-adapter-faceid_sdxl_lora.safetensors")
    folders = {"ipadapter": [tmp_path / "ip"], "xlabs_ipadapters": [tmp_path / "x"]}
    assert [(file.path, file.family) for file in named_files("faceid", folders)] == [(faceid, "sdxl")]
    assert [file.path for file in found_files(folders)] == [free, faceid, flux]


def test_folders_that_are_not_there_or_deep_or_hidden_hold_nothing(tmp_path: Path) -> None:
    put(tmp_path / ".hidden" / "a.bin")
    put(tmp_path / "1" / "2" / "3" / "4" / "b.bin")
    here = put(tmp_path / "1" / "2" / "3" / "c.bin")
    assert weight_files([tmp_path, tmp_path / "gone"]) == [here]


def test_what_is_missing_is_named_with_its_source_place_and_terms() -> None:
    said = missing_adapter(KINDS["pulid_flux"])
    for part in ("pulid_flux_v0.9.1.safetensors of guozinan/PuLID", "models/pulid", "non-commercial: it needs"):
        assert part in said
    assert "not made for this model" in missing_adapter(KINDS["pulid_flux"], "sdxl")
    assert "sd15" in missing_adapter(KINDS["faceid"]) and "sd15" not in missing_adapter(KINDS["faceid"], "sdxl")


def test_kinds_have_titles_of_their_own() -> None:
    assert all(kind_titled(kind.title) is kind for kind in KINDS.values()) and kind_titled("auto") is None
