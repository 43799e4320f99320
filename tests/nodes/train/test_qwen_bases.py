"""Choose base model finds the companions of Z-Image and FLUX.2 klein, each the text encoder of its size."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ... import tiny_flux2, tiny_z_image
from ...tiny_flux import vae_shapes, write
from ...tiny_qwen import WIDTH, qwen_shapes
from ..fake_host import FakeHost

Pack = Callable[[str], Any]


@pytest.fixture
def files(fake_host: FakeHost) -> dict[str, Path]:
    home = fake_host.home
    # The larger encoder comes first by its name.
    write(home / "text_encoders" / "qwen_3_4b.safetensors", qwen_shapes(width=2 * WIDTH, layers=1))
    return {
        "qwen": write(home / "text_encoders" / "words.safetensors", qwen_shapes(layers=1)),
        "ae": write(home / "vae" / "ae.safetensors", vae_shapes()),
        "flux2": tiny_flux2.write_vae(home / "vae" / "flux2-vae.safetensors"),
    }


@pytest.mark.parametrize(
    ("name", "shapes", "family", "vae"),
    [
        ("z_image_turbo", tiny_z_image.transformer_shapes(), "z_image_turbo", "ae"),
        ("flux-2-klein-base-4b", tiny_flux2.transformer_shapes(), "flux2_klein", "flux2"),
    ],
)
def test_each_has_its_own(
    pack: Pack, fake_host: FakeHost, files: dict[str, Path], name: str, shapes: Any, family: str, vae: str
) -> None:
    path = write(fake_host.home / "diffusion_models" / f"{name}.safetensors", shapes)
    node = pack("nodes.train.base_model")
    choice = f"diffusion_models/{path.name}"
    base = node._described(choice, ("automatic",) * 3, {})
    assert base.family == family
    assert base.files == {"transformer": path, "qwen": files["qwen"], "vae": files[vae]}
    assert node.ChooseBaseModel.validate_inputs(model=choice) is True
    split = pack("nodes.host.split_files")
    assert split.is_split(base.family, base.files)
    assert split._parts(base.files) == ((path,), ((files["qwen"],),), (files[vae],))
