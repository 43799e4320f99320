"""FLUX.1 in layers, drawn with and without the words, under text encoders of another folder: the flow demo base."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from trainer.demo.assets import demo_base, demo_family
from trainer.demo.reader import ASSETS
from trainer.errors import ModelError
from trainer.families.base import FOLDER, Base
from trainer.families.flux.describe import TEXT_FOLDER, describe_folder, folder_family
from trainer.families.registry import describe_base, load_family, spec_of
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot


def test_text_encoders_may_lie_in_another_folder() -> None:
    base = demo_base(family="flow")
    assert dict(base.files) == {FOLDER: ASSETS / "flow", TEXT_FOLDER: ASSETS / "base"}
    assert Base.from_json(base.to_json()) == base
    told = load_family(base).encode_text("person, smiling")
    assert (tuple(told["context"].shape), tuple(told["pooled"].shape)) == ((77, 128), (64,))


def test_a_folder_without_text_encoders_is_told_what_it_lacks() -> None:
    with pytest.raises(ModelError, match=r"(?s)lacks text_encoder/config.json.*lacks the folder tokenizer_2"):
        describe_base(ASSETS / "flow")
    with pytest.raises(ModelError, match=r"flow lacks text_encoder/config.json"):
        describe_folder(ASSETS / "flow", text=ASSETS / "flow")


def test_the_bases_hash_names_both_folders_weights(tmp_path: Path) -> None:
    shutil.copytree(ASSETS / "base", tmp_path / "base", ignore=shutil.ignore_patterns("unet", "vae"))
    assert describe_folder(ASSETS / "flow", text=tmp_path / "base").sha256 == demo_base(family="flow").sha256
    weights = tmp_path / "base" / "text_encoder" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-2] + b"\x11\x22")
    assert describe_folder(ASSETS / "flow", text=tmp_path / "base").sha256 != demo_base(family="flow").sha256


@pytest.mark.parametrize(
    ("guidance_embeds", "is_distilled", "family"),
    [(True, None, "flux1"), (False, None, "flux1_schnell"), (False, False, "flux1_undistilled")],
)
def test_a_folder_says_which_flux_it_is(
    guidance_embeds: bool, is_distilled: bool | None, family: str, tmp_path: Path
) -> None:
    (tmp_path / "transformer").mkdir()
    (tmp_path / "transformer" / "config.json").write_text(json.dumps({"guidance_embeds": guidance_embeds}))
    index = {"_class_name": "FluxPipeline"} | ({} if is_distilled is None else {"is_distilled": is_distilled})
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    assert folder_family(tmp_path) == family


def test_it_is_drawn_with_and_without_the_words() -> None:
    base = demo_base(family="flow")
    assert spec_of(base).guidance == "cfg"
    shots = [
        Shot(prompt="person, smiling", negative=negative, width=64, height=64, steps=2, guidance=guidance)
        for negative, guidance in (("", 1.0), ("", 4.0), ("sad", 4.0))
    ]
    once, guided, against = (np.asarray(image, float) for image in LocalGenerator(base).generate(shots))
    assert np.abs(once - guided).mean() > 1
    assert np.abs(guided - against).mean() > 0.1


def test_a_demo_base_knows_which_one_it_is() -> None:
    assert [demo_family(demo_base(family=family)) for family in ("sdxl", "flow")] == ["sdxl", "flow"]
    assert demo_family(Base(family="sdxl", name="x", sha256="0", files={FOLDER: ASSETS})) is None
