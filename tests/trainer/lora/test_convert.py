"""The same LoRA in ComfyUI's, kohya's and diffusers' words: nothing is lost on the way round."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.tiny_checkpoint import write_tiny_checkpoint
from trainer.cli.main import main
from trainer.errors import ModelError
from trainer.families.family import Family
from trainer.families.flux.model import Flux1
from trainer.families.key_layout import DOWN, UP
from trainer.families.registry import describe_base, load_family
from trainer.lora.adapter import Adapter
from trainer.lora.convert import Spelling, convert_lora
from trainer.lora.mount import mount_lora, placed
from trainer.lora.save import lora_tensors
from trainer.recipe.lora import Lora


@pytest.fixture(scope="module")
def family(tiny_flux_home: Path) -> Flux1:
    loaded = load_family(describe_base(flux_file(tiny_flux_home)))
    assert isinstance(loaded, Flux1)
    return loaded


def flux_file(home: Path) -> Path:
    return home / "models" / "diffusion_models" / "tiny-flux.safetensors"


def saved(family: Family, path: Path, kind: Any = "lora") -> Path:
    """A random adapter as a run writes it."""
    adapter = Adapter(family, family.lora_targets("all"), Lora(rank=2, alpha=1.0, kind=kind), 0)
    for number, weight in enumerate(adapter.parameters((family.spec.denoiser,))):
        weight.data += torch.randn(weight.shape, generator=torch.Generator().manual_seed(number)) * 0.05
    tensors = lora_tensors(adapter, family, torch.float32)
    adapter.detach()
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path, metadata={"ss_output_name": "sage"})
    return path


def changes(family: Family, path: Path) -> dict[str, torch.Tensor]:
    made: dict[str, torch.Tensor] = {}
    for address, each in placed(family, path).items():
        down, up = each.tensors["lora_down.weight"], each.tensors["lora_up.weight"]
        made[address] = up @ down * (float(each.tensors.get("alpha", len(down))) / len(down))
    return made


def test_a_file_comes_round_unchanged(family: Flux1, tmp_path: Path) -> None:
    source = saved(family, tmp_path / "native.safetensors")
    before = changes(family, source)
    way: tuple[tuple[Spelling, str], ...] = (
        ("diffusers", "transformer.single_transformer_blocks.1.proj_mlp.lora_A.weight"),
        ("kohya", "lora_unet_single_blocks_1_linear1.lora_down.weight"),
        ("comfyui", "diffusion_model.single_blocks.1.linear1.lora_down.weight"),
    )
    for spelling, key in way:
        target = tmp_path / f"{spelling}.safetensors"
        assert convert_lora(family, source, target, spelling) == 26
        tensors = load_file(target)
        assert key in tensors
        assert all(tensor.dtype == torch.float32 for tensor in tensors.values())
        after = changes(family, target)
        assert set(after) == set(before)
        assert all(torch.allclose(after[address], before[address], atol=1e-6) for address in before)
        source = target
    first = load_file(tmp_path / "native.safetensors")
    assert {key: t.shape for key, t in load_file(source).items()} == {key: t.shape for key, t in first.items()}


def test_diffusers_reads_what_is_spelt_for_it(family: Flux1, tmp_path: Path) -> None:
    from diffusers import FluxTransformer2DModel

    path = saved(family, tmp_path / "native.safetensors")
    convert_lora(family, path, tmp_path / "theirs.safetensors", "diffusers")
    theirs: Any = FluxTransformer2DModel.from_config(dict(family.denoiser.config))
    theirs.load_state_dict(family.denoiser.state_dict())
    theirs.load_lora_adapter(load_file(tmp_path / "theirs.safetensors"), prefix="transformer")
    mounted = mount_lora(family, path, 1.0)
    x = torch.randn(1, 5, 128, generator=torch.Generator().manual_seed(0))
    for name in ("transformer_blocks.0.attn.add_k_proj", "single_transformer_blocks.1.proj_mlp"):
        mine = family.module(f"transformer.{name}")(x)
        assert torch.allclose(mine, theirs.get_submodule(name)(x), atol=1e-5)
    mounted.remove()


def test_what_a_spelling_has_no_words_for_is_told(family: Flux1, tmp_path: Path) -> None:
    path = saved(family, tmp_path / "lokr.safetensors", kind="lokr")
    target = tmp_path / "b.safetensors"
    for spelling, said in (("kohya", "kohya's trainer has no names"), ("diffusers", "reads LoRA and DoRA alone")):
        with pytest.raises(ModelError, match=said):
            convert_lora(family, path, target, spelling)  # type: ignore[arg-type]
    assert not target.exists()
    assert convert_lora(family, path, target, "comfyui") == 26


def test_sdxl_is_spelt_too(tmp_path: Path) -> None:
    base = load_family(describe_base(write_tiny_checkpoint(tmp_path / "xl.safetensors", "sdxl", rows=800)))
    layers = {address: base.outline(address) for address in base.lora_targets("attention")}
    made = {
        address: {DOWN: torch.randn(2, layer.in_features), UP: torch.randn(layer.out_features, 2)}  # type: ignore[operator]
        for address, layer in layers.items()
    }
    source = tmp_path / "a.safetensors"
    save_file(base.keys.save(made), source)
    convert_lora(base, source, tmp_path / "b.safetensors", "diffusers")
    tensors = load_file(tmp_path / "b.safetensors")
    assert all(key.startswith("unet.") for key in tensors)
    convert_lora(base, tmp_path / "b.safetensors", tmp_path / "c.safetensors", "kohya")
    one, other = changes(base, source), changes(base, tmp_path / "c.safetensors")
    assert set(one) == set(other)
    assert all(torch.allclose(one[address], other[address], atol=1e-6) for address in one)


def test_the_command_converts_with_parts_named_by_hand(
    family: Flux1, tiny_flux_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = saved(family, tmp_path / "native.safetensors")
    target = tmp_path / "kohya.safetensors"
    base = ["--base", str(flux_file(tiny_flux_home))]
    part = str(tiny_flux_home / "models" / "text_encoders" / "t5xxl_fp16.safetensors")
    arguments = ["lora", "convert", str(source), "--to", "kohya", "--out", str(target), *base]
    assert main([*arguments, "--part", f"t5={part}"]) == 0
    assert '"layers": 26' in capsys.readouterr().out
    assert main([*arguments, "--part", f"vae={part}"]) == 1
    assert "is not FLUX.1's autoencoder" in capsys.readouterr().err
