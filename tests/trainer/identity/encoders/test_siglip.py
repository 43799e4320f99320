"""SigLIP from a file: as transformers runs it, its pooling head ours."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from trainer.errors import ModelError
from trainer.identity.encode import encoded
from trainer.identity.encoders.siglip import open_siglip, siglip_head, siglip_pixels
from trainer.identity.kinds import KINDS
from trainer.identity.pictures import FacePicture

WIDTH, WIDE, PATCH, SIDE = 144, 96, 14, 32


@pytest.fixture(scope="module")
def model() -> Any:
    """Two heads of 72 channels, and pictures of 32 pixels with 4 of them left over, as 384 leaves 6."""
    from transformers import SiglipVisionConfig, SiglipVisionModel

    sizes: dict[str, Any] = {"num_hidden_layers": 2, "num_attention_heads": 2, "image_size": SIDE, "patch_size": PATCH}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        made: Any = SiglipVisionModel(SiglipVisionConfig(hidden_size=WIDTH, intermediate_size=WIDE, **sizes))
        for weight in made.parameters():
            torch.nn.init.normal_(weight, std=0.2)
    return made.eval()


def tensors(model: Any) -> dict[str, torch.Tensor]:
    """Names of published files, whatever transformers calls them."""
    named = {name.removeprefix("vision_model."): tensor for name, tensor in model.state_dict().items()}
    return {f"vision_model.{name}": tensor.contiguous() for name, tensor in named.items()}


@pytest.fixture(scope="module")
def path(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole SigLIP, whose text half is passed over."""
    file = tmp_path_factory.mktemp("siglip") / "model.safetensors"
    save_file({**tensors(model), "text_model.final_layer_norm.weight": torch.ones(2)}, file)
    return file


def picture(width: int = 50, height: int = 40) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8))


def test_its_pooled_output_is_transformers_own(model: Any, path: Path) -> None:
    pictures = [picture(), picture(30, 60)]
    with torch.no_grad():
        wanted = model(pixel_values=torch.stack([siglip_pixels(one, SIDE) for one in pictures]))
        head = siglip_head(path)(wanted.last_hidden_state)
    opened = open_siglip(path)
    assert opened.size == SIDE
    assert torch.allclose(opened.pooled(pictures), wanted.pooler_output, atol=1e-5)
    assert torch.allclose(head, wanted.pooler_output, atol=1e-5)
    assert wanted.pooler_output.std() > 0.1


def test_pictures_are_prepared_as_its_processor_does() -> None:
    processors = pytest.importorskip("transformers.models.siglip.image_processing_pil_siglip")
    processor = processors.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}, resample=3)
    wanted = torch.as_tensor(np.asarray(processor(picture())["pixel_values"][0]))
    assert torch.allclose(siglip_pixels(picture(), SIDE), wanted, atol=1e-5)


def test_an_adapter_is_given_what_it_says_of_each_picture(path: Path) -> None:
    pictures = [FacePicture(name=f"{n}", image=picture(20 + n, 30)) for n in range(2)]
    seen = encoded(KINDS["instantx_flux"], pictures, path)
    assert seen.pooled is not None
    assert torch.equal(seen.pooled, open_siglip(path).pooled([one.image for one in pictures]))


def test_a_file_without_the_head_or_of_another_encoder_is_named(model: Any, tmp_path: Path) -> None:
    whole = tensors(model)
    headless = tmp_path / "sigclip.safetensors"
    save_file({name: tensor for name, tensor in whole.items() if ".head." not in name}, headless)
    with pytest.raises(ModelError, match=r"sigclip\.safetensors was saved without SigLIP's pooling head"):
        open_siglip(headless)
    save_file({"vision_model.embeddings.class_embedding": torch.ones(2), **whole}, tmp_path / "clip.safetensors")
    with pytest.raises(ModelError, match=r"clip\.safetensors is no SigLIP"):
        open_siglip(tmp_path / "clip.safetensors")
    lacking = {name: tensor for name, tensor in whole.items() if "layers.1.mlp.fc2" not in name}
    save_file(lacking, tmp_path / "cut.safetensors")
    with pytest.raises(ModelError, match=r"cut\.safetensors is not whole: it lacks .*fc2"):
        open_siglip(tmp_path / "cut.safetensors")
