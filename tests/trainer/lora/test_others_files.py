"""Files that other programs wrote: every spelling the host maps, every kind of layer, and what is in no layer."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.tiny_checkpoint import write_tiny_checkpoint
from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.registry import describe_base, load_family
from trainer.families.sd.model import StableDiffusion
from trainer.lora.file import opened_lora
from trainer.lora.mount import mount_lora, placed

from .test_adapter import predict

BLOCK = "down_blocks.1.attentions.0.transformer_blocks.0"
QUERY, CONV = f"unet.{BLOCK}.attn1.to_q", "unet.down_blocks.0.resnets.0.conv1"
TEXT = "text_model.encoder.layers.0.self_attn.q_proj"


@pytest.fixture(scope="module")
def family(tiny_base: Base) -> StableDiffusion:
    """For names and sizes; nothing is put in its places."""
    return loaded(tiny_base)


@pytest.fixture(scope="module")
def sd15(tmp_path_factory: pytest.TempPathFactory) -> StableDiffusion:
    """No part of it is ever loaded: names and sizes are read off the header."""
    return loaded(describe_base(write_tiny_checkpoint(tmp_path_factory.mktemp("sd15") / "a.safetensors", "sd15")))


def loaded(base: Base) -> StableDiffusion:
    made = load_family(base)
    assert isinstance(made, StableDiffusion)
    return made


def some(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed + sum(shape))) * 0.3


def low_rank(prefix: str, size: int = 32) -> dict[str, torch.Tensor]:
    return {f"{prefix}.lora_down.weight": some(2, size), f"{prefix}.lora_up.weight": some(size, 2)}


def written(path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str] | None = None) -> Path:
    save_file(dict(tensors), path, metadata=dict(metadata or {}))
    return path


UNET_NAMES = [
    "lora_unet_" + BLOCK.replace(".", "_") + "_attn1_to_q",
    "lora_unet_input_blocks_3_1_transformer_blocks_0_attn1_to_q",
    "diffusion_model.input_blocks.3.1.transformer_blocks.0.attn1.to_q",
    "model.diffusion_model.input_blocks.3.1.transformer_blocks.0.attn1.to_q",
    "lycoris_" + BLOCK.replace(".", "_") + "_attn1_to_q",
    f"{BLOCK}.attn1.processor.to_q",
    f"unet.{BLOCK}.attn1.processor.to_q",
    f"unet.{BLOCK}.attn1.to_q",
    f"base_model.model.{BLOCK}.attn1.to_q",
    f"unet.base_model.model.{BLOCK}.attn1.to_q",
]
ENDS = [
    (".lora_up.weight", ".lora_down.weight"),
    ("_lora.up.weight", "_lora.down.weight"),
    (".lora_B.weight", ".lora_A.weight"),
    (".lora.up.weight", ".lora.down.weight"),
    (".lora_B", ".lora_A"),
    (".lora_linear_layer.up.weight", ".lora_linear_layer.down.weight"),
    (".lora_B.default.weight", ".lora_A.default.weight"),
]


@pytest.mark.parametrize("name", UNET_NAMES)
@pytest.mark.parametrize(("up", "down"), ENDS)
def test_every_name_that_the_host_maps_leads_to_the_layer(
    family: StableDiffusion, tmp_path: Path, name: str, up: str, down: str
) -> None:
    path = written(tmp_path / "a.safetensors", {name + down: some(2, 32), name + up: some(32, 2)})
    found = placed(family, path)
    assert list(found) == [QUERY]
    assert torch.equal(found[QUERY].tensors["lora_up.weight"], some(32, 2))


def test_a_processors_way_out_is_attentions(family: StableDiffusion, tmp_path: Path) -> None:
    path = written(tmp_path / "a.safetensors", low_rank(f"unet.{BLOCK}.attn2.processor.to_out"))
    assert list(placed(family, path)) == [f"unet.{BLOCK}.attn2.to_out.0"]


@pytest.mark.parametrize(
    ("of", "name", "part"),
    [
        ("sdxl", "lora_te_" + TEXT.replace(".", "_"), "te1"),
        ("sdxl", "lora_te1_" + TEXT.replace(".", "_"), "te1"),
        ("sdxl", "lora_te2_" + TEXT.replace(".", "_"), "te2"),
        ("sdxl", f"text_encoder.{TEXT}", "te1"),
        ("sdxl", f"text_encoder_2.{TEXT}", "te2"),
        ("sdxl", f"text_encoders.clip_g.transformer.{TEXT}", "te2"),
        ("sd15", "lora_te_" + TEXT.replace(".", "_"), "te"),
        ("sd15", "lora_te1_" + TEXT.replace(".", "_"), "te"),
        ("sd15", f"text_encoder.base_model.model.{TEXT}", "te"),
        ("sd15", f"base_model.model.{TEXT}", "te"),
    ],
)
def test_every_name_of_a_text_encoders_layer_leads_to_it(
    family: StableDiffusion, sd15: StableDiffusion, of: str, name: str, part: str
) -> None:
    (address,) = {"sdxl": family, "sd15": sd15}[of].keys.find([name])[name]
    assert address.partition(".")[0] == part
    assert address.endswith("encoder.layers.0.self_attn.q_proj")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("lora_te2_text_projection", "te2.text_projection"),
        ("lora_unet_class_embedding_linear_1", "unet.add_embedding.linear_1"),
        ("lora_unet_label_emb_0_0", "unet.add_embedding.linear_1"),
        ("diffusion_model.out.0", "unet.conv_norm_out"),
        ("lora_unet_" + BLOCK.replace(".", "_") + "_norm1", f"unet.{BLOCK}.norm1"),
        ("lora_unet_input_blocks_1_0_in_layers_0", "unet.down_blocks.0.resnets.0.norm1"),
        ("lora_unet_input_blocks_3_1_norm", "unet.down_blocks.1.attentions.0.norm"),
    ],
)
def test_layers_that_few_files_change_are_found_too(family: StableDiffusion, name: str, address: str) -> None:
    assert family.keys.find([name]) == {name: (address,)}


def kinds(out: int, wide: int, kernel: tuple[int, ...]) -> dict[str, tuple[dict[str, torch.Tensor], torch.Tensor]]:
    """Tensors of a layer by kind, and the change that LyCORIS' paper makes of them, alpha / rank 1/2."""
    pixels = kernel[0] * kernel[1] if kernel else 1
    shape, half = (out, wide, *kernel), torch.tensor(1.0)
    a, b = [some(out, 2, seed=n) for n in (1, 2)], [some(2, wide * pixels, seed=n) for n in (3, 4)]
    w1, w2 = some(2, 2, seed=5), [some(out // 2, 2, seed=6), some(2, wide // 2 * pixels, seed=7)]
    inner = (w2[0] @ w2[1]).view(out // 2, wide // 2, *kernel)
    made = {
        "loha": (
            {"hada_w1_a": a[0], "hada_w1_b": b[0], "hada_w2_a": a[1], "hada_w2_b": b[1], "alpha": half},
            ((a[0] @ b[0]) * (a[1] @ b[1])).view(shape) / 2,
        ),
        "lokr of two products": (
            {"lokr_w1_a": w1, "lokr_w1_b": torch.eye(2), "lokr_w2_a": w2[0], "lokr_w2_b": w2[1], "alpha": half},
            torch.kron(w1.view(2, 2, *[1] * len(kernel)), inner) / 2,
        ),
        "a whole difference": ({"diff": (a[0] @ b[0]).view(shape)}, (a[0] @ b[0]).view(shape)),
    }
    if kernel:
        up, mid, down = some(out, 2, 1, 1), some(2, 2, *kernel), some(2, wide, 1, 1, seed=8)
        made["lora with Tucker's core"] = (
            {"lora_up.weight": up, "lora_mid.weight": mid, "lora_down.weight": down, "alpha": half},
            torch.einsum("or,rskl,si->oikl", up[..., 0, 0], mid, down[..., 0, 0]) / 2,
        )
        wa, wb = [some(2, out, seed=n) for n in (1, 2)], [some(2, wide, seed=n) for n in (3, 4)]
        cores = [some(2, 2, *kernel, seed=n) for n in (5, 6)]
        one, two = (torch.einsum("rskl,ro,si->oikl", *each) for each in zip(cores, wa, wb, strict=True))
        made["loha with Tucker's core"] = (
            {f"hada_w{n}_{side}": (wa if side == "a" else wb)[n - 1] for n in (1, 2) for side in "ab"}
            | {f"hada_t{n}": cores[n - 1] for n in (1, 2)}
            | {"alpha": half},
            one * two / 2,
        )
        left, right, core = some(2, out // 2), some(2, wide // 2), some(2, 2, *kernel, seed=9)
        inner = torch.einsum("rskl,ro,si->oikl", core, left, right)
        made["lokr with Tucker's core"] = (
            {"lokr_w1": w1, "lokr_w2_a": left, "lokr_w2_b": right, "lokr_t2": core, "alpha": half},
            torch.kron(w1.view(2, 2, 1, 1), inner.contiguous()) / 2,
        )
    return made


@pytest.mark.parametrize("strength", [1.0, 0.5])
@pytest.mark.parametrize("address", [QUERY, CONV])
def test_every_kind_of_layer_changes_the_base_as_its_paper_says(
    tiny_base: Base, tmp_path: Path, address: str, strength: float
) -> None:
    family = loaded(tiny_base)
    weight = family.module(address).weight
    bare = predict(family)
    for kind, (parts, change) in kinds(weight.shape[0], weight.shape[1], tuple(weight.shape[2:])).items():
        path = written(
            tmp_path / "a.safetensors", {f"{family.keys.prefix(address)}.{name}": t for name, t in parts.items()}
        )
        applied = mount_lora(family, path, strength)
        made = predict(family)
        applied.remove()
        assert torch.equal(predict(family), bare)
        before = weight.data.clone()
        weight.data += change * strength
        assert torch.allclose(made, predict(family), atol=1e-5), kind
        assert not torch.allclose(made, bare, atol=1e-3), kind
        weight.data = before


def test_glora_changes_the_weight_by_itself(tiny_base: Base, tmp_path: Path) -> None:
    family = loaded(tiny_base)
    weight = family.module(QUERY).weight
    a1, a2, b1, b2 = some(32, 4), some(4, 32), some(32, 4, seed=1), some(4, 32, seed=1)
    parts = {"a1.weight": a1, "a2.weight": a2, "b1.weight": b1, "b2.weight": b2, "alpha": torch.tensor(2.0)}
    path = written(tmp_path / "a.safetensors", {f"{UNET_NAMES[0]}.{name}": tensor for name, tensor in parts.items()})
    applied = mount_lora(family, path, 1.0)
    made = predict(family)
    applied.remove()
    weight.data += (weight @ a1 @ a2 + b1 @ b2) / 2
    assert torch.allclose(made, predict(family), atol=1e-5)


def test_norms_and_biases_of_a_file_are_applied(tiny_base: Base, tmp_path: Path) -> None:
    """As LyCORIS trains norms, and ComfyUI's own Extract LoRA writes biases beside plain layers."""
    family = loaded(tiny_base)
    norm, out = family.module(f"unet.{BLOCK}.norm1"), family.module(f"unet.{BLOCK}.attn1.to_out.0")
    prefix = "lora_unet_" + BLOCK.replace(".", "_")
    tensors = {
        f"{prefix}_norm1.w_norm": some(32),
        f"{prefix}_norm1.b_norm": some(32, seed=1),
        f"{prefix}_attn1_to_out_0.diff_b": some(32, seed=2),
    } | low_rank(f"{prefix}_attn1_to_out_0")
    applied = mount_lora(family, written(tmp_path / "a.safetensors", tensors), 0.5)
    made = predict(family)
    applied.remove()
    norm.weight.data += 0.5 * some(32)
    norm.bias.data += 0.5 * some(32, seed=1)
    out.bias.data += 0.5 * some(32, seed=2)
    out.weight.data += 0.5 * some(32, 2) @ some(2, 32)
    assert torch.allclose(made, predict(family), atol=1e-5)


def test_lengths_of_the_inputs_as_lycoris_first_wrote_dora(tiny_base: Base, tmp_path: Path) -> None:
    family = loaded(tiny_base)
    weight = family.module(QUERY).weight
    lengths = some(1, 32).abs() + 1
    tensors = low_rank(UNET_NAMES[0]) | {f"{UNET_NAMES[0]}.dora_scale": lengths}
    applied = mount_lora(family, written(tmp_path / "a.safetensors", tensors), 1.0)
    made = predict(family)
    applied.remove()
    merged = weight + some(32, 2) @ some(2, 32)
    weight.data = merged * lengths / merged.norm(dim=0, keepdim=True)
    assert torch.allclose(made, predict(family), atol=1e-5)


def test_a_one_by_one_convolution_written_as_a_matrix_fits(sd15: StableDiffusion, tmp_path: Path) -> None:
    """SD 1.5's projections are 1 × 1 convolutions, which some programs save as matrices."""
    name = "lora_unet_down_blocks_0_attentions_0_proj_in"
    found = placed(sd15, written(tmp_path / "a.safetensors", low_rank(name, 64)))
    (each,) = found.values()
    assert each.tensors["lora_down.weight"].shape == (2, 64, 1, 1)


EXTRAS = {
    "bundle_emb.zxq.clip_l": some(2, 8),
    "lora_unet_time_embed_9.weight": some(3),
    "lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha": torch.tensor(1.0),
    "something.else": some(3),
}


def test_keys_that_are_no_part_of_a_layer_sink_no_file(
    family: StableDiffusion, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path / "a.safetensors", low_rank(UNET_NAMES[0]) | EXTRAS)
    assert list(placed(family, path)) == [QUERY]
    with opened_lora(path) as file:
        assert set(file.passed_over) == set(EXTRAS)
    assert "bundle_emb" in caplog.text


def test_a_layer_that_the_base_lacks_sinks_no_file(
    family: StableDiffusion, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The host passes over it too, with a line in its log: OneTrainer writes a projection that SDXL never reads."""
    tensors = low_rank(UNET_NAMES[0]) | low_rank("lora_te1_text_projection")
    assert list(placed(family, written(tmp_path / "a.safetensors", tensors))) == [QUERY]
    assert "lora_te1_text_projection" in caplog.text


@pytest.mark.parametrize(
    ("names", "size", "said"),
    [
        (["lora_unet_double_blocks_0_img_attn_qkv"], 32, "FLUX.1"),
        (["transformer.single_transformer_blocks.0.attn.to_q"], 32, "FLUX.1"),
        (["transformer.transformer_blocks.0.img_mlp.net.2"], 32, "Qwen-Image"),
        (["diffusion_model.layers.0.attention.qkv"], 32, "Z-Image"),
        (["diffusion_model.blocks.0.self_attn.q"], 32, "Wan"),
        (["lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q"], 64, "SD 1.5"),
        (["lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"], 768, "SD 1.5"),
        (["lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"], 1024, "Stable Diffusion 2"),
    ],
)
def test_a_file_of_another_family_is_said_as_such(
    family: StableDiffusion, tmp_path: Path, names: list[str], size: int, said: str
) -> None:
    tensors = {key: tensor for name in names for key, tensor in low_rank(name, size).items()}
    with pytest.raises(ModelError, match=f"a.safetensors .* a LoRA for {said} while this is SDXL"):
        mount_lora(family, written(tmp_path / "a.safetensors", tensors), 1.0)


def test_a_file_of_sdxl_on_sd15_is_said_as_such(sd15: StableDiffusion, tmp_path: Path) -> None:
    tensors = low_rank("lora_unet_input_blocks_8_1_transformer_blocks_9_attn1_to_q") | low_rank(
        "lora_te2_text_model_encoder_layers_0_mlp_fc1"
    )
    with pytest.raises(ModelError, match="a LoRA for SDXL while this is SD 1.5"):
        placed(sd15, written(tmp_path / "a.safetensors", tensors))


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"dora_scale": some(7, 1)}, "do not fit|does not fit"),
        ({"diff_b": some(7)}, "its sizes are others"),
    ],
)
def test_parts_of_another_size_are_named_and_nothing_is_put_in_place(
    family: StableDiffusion, tmp_path: Path, extra: dict[str, torch.Tensor], said: str
) -> None:
    name = UNET_NAMES[0].replace("to_q", "to_out_0")
    tensors = low_rank(name) | {f"{name}.{part}": tensor for part, tensor in extra.items()}
    with pytest.raises(ModelError, match=f"a.safetensors .*({said})"):
        mount_lora(family, written(tmp_path / "a.safetensors", tensors), 1.0)
    assert not any(hasattr(module, "base_layer") for module in family.denoiser.modules())


def test_a_broken_file_is_not_drawn_with(family: StableDiffusion, tmp_path: Path) -> None:
    tensors = low_rank(UNET_NAMES[0])
    tensors[f"{UNET_NAMES[0]}.lora_up.weight"][0, 0] = float("nan")
    with pytest.raises(ModelError, match=r"a\.safetensors is broken: lora_unet_\S+to_q hold NaN or infinity"):
        mount_lora(family, written(tmp_path / "a.safetensors", tensors), 1.0)


MUTE = {
    "lora": {"lora_down.weight": some(2, 32), "lora_up.weight": some(32, 2)},
    "lokr": {"lokr_w1": some(4, 4), "lokr_w2_a": some(8, 2), "lokr_w2_b": some(2, 8)},
    "loha": {f"hada_w{n}_{side}": some(*((32, 2) if side == "a" else (2, 32))) for n in (1, 2) for side in "ab"},
}


@pytest.mark.parametrize("kind", list(MUTE))
def test_a_file_whose_alpha_is_zero_is_said_to_change_nothing(
    tiny_base: Base, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    family = loaded(tiny_base)
    bare = predict(family)
    tensors = {f"{UNET_NAMES[0]}.{name}": tensor for name, tensor in MUTE[kind].items()}
    tensors[f"{UNET_NAMES[0]}.alpha"] = torch.tensor(0.0)
    mount_lora(family, written(tmp_path / "a.safetensors", tensors), 1.0)
    assert torch.equal(predict(family), bare)
    assert "a.safetensors changes nothing: its alpha is 0" in caplog.text


def test_capital_letters_in_a_files_name_are_no_fault(family: StableDiffusion, tmp_path: Path) -> None:
    assert list(placed(family, written(tmp_path / "A.SAFETENSORS", low_rank(UNET_NAMES[0])))) == [QUERY]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html><html>Sign in</html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "LFS"),
        (b"PK\x03\x04 pickle", "pickled"),
        (None, r"it has [\d,]+ of its [\d,]+ bytes"),
    ],
)
def test_a_file_that_is_not_whole_is_told_as_bases_are(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = written(tmp_path / "a.safetensors", low_rank(UNET_NAMES[0]))
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    with (
        pytest.raises(ModelError, match=rf"a\.safetensors is not a whole safetensors file: .*{said}"),
        opened_lora(path),
    ):
        pass


def test_a_base_given_as_a_lora_is_named_as_what_it_is(tmp_path: Path) -> None:
    path = write_tiny_checkpoint(tmp_path / "base.safetensors", "sd15", rows=64)
    with (
        pytest.raises(ModelError, match=r"base\.safetensors is not a LoRA: it is an SD 1.5 checkpoint"),
        opened_lora(path),
    ):
        pass
    assert load_file(path)
