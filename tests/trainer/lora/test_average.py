"""The mean of LoRA files against the dense mean."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from trainer.errors import ModelError
from trainer.lora.average import average_loras


def write(
    path: Path, seed: int, rank: int = 4, alpha: float = 2.0, extra: dict[str, torch.Tensor] | None = None
) -> Path:
    draw = torch.Generator().manual_seed(seed)
    tensors = {
        "lora_unet_a.lora_down.weight": torch.randn(rank, 24, generator=draw),
        "lora_unet_a.lora_up.weight": torch.randn(40, rank, generator=draw),
        "lora_unet_a.alpha": torch.tensor(alpha),
        "lora_unet_c.lora_down.weight": torch.randn(rank, 8, 3, 3, generator=draw),
        "lora_unet_c.lora_up.weight": torch.randn(16, rank, 1, 1, generator=draw),
        "lora_unet_c.alpha": torch.tensor(alpha),
    }
    save_file({**tensors, **(extra or {})}, path)
    return path


def dense(path: Path, prefix: str) -> torch.Tensor:
    tensors = {key: tensor.float() for key, tensor in load_file(path).items()}
    down, up = tensors[f"{prefix}.lora_down.weight"].flatten(1), tensors[f"{prefix}.lora_up.weight"].flatten(1)
    return up @ down * (tensors[f"{prefix}.alpha"] / len(down))


@pytest.mark.parametrize("prefix", ["lora_unet_a", "lora_unet_c"])
@pytest.mark.parametrize("rank", [0, 2, 12])
def test_it_is_the_best_of_its_rank(tmp_path: Path, prefix: str, rank: int) -> None:
    paths = [write(tmp_path / f"{seed}.safetensors", seed, alpha=1.0 + seed) for seed in range(3)]
    kept = average_loras(paths, tmp_path / "mean.safetensors", {}, rank)
    mean = torch.stack([dense(path, prefix) for path in paths]).mean(0)
    left, strengths, right = torch.linalg.svd(mean, full_matrices=False)
    count = rank or 4
    best = left[:, :count] @ torch.diag(strengths[:count]) @ right[:count]
    made = dense(tmp_path / "mean.safetensors", prefix)
    assert (made - best).norm() < 5e-3 * best.norm()
    assert len(load_file(tmp_path / "mean.safetensors")[f"{prefix}.lora_down.weight"]) == count
    assert (kept == pytest.approx(1.0)) == (count == 12)


def test_files_alike_are_their_own_mean(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{name}.safetensors", 1) for name in "ab"]
    assert average_loras(paths, tmp_path / "mean.safetensors", {}) == pytest.approx(1.0)
    for prefix in ("lora_unet_a", "lora_unet_c"):
        made, own = dense(tmp_path / "mean.safetensors", prefix), dense(paths[0], prefix)
        assert (made - own).norm() < 2e-3 * own.norm()


def test_a_mean_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{seed}.safetensors", seed) for seed in range(2)]
    for name in ("x", "y"):
        average_loras(paths, tmp_path / f"{name}.safetensors", {"ss_a": "1"})
    assert (tmp_path / "x.safetensors").read_bytes() == (tmp_path / "y.safetensors").read_bytes()


def test_what_has_no_mean_is_named(tmp_path: Path) -> None:
    first = write(tmp_path / "first.safetensors", 1)
    dora = write(tmp_path / "dora.safetensors", 2, extra={"lora_unet_a.dora_scale": torch.ones(40, 1)})
    b = {"lora_unet_b.lora_down.weight": torch.ones(2, 3), "lora_unet_b.lora_up.weight": torch.ones(3, 2)}
    more = write(tmp_path / "more.safetensors", 2, extra=b)
    out = tmp_path / "mean.safetensors"
    with pytest.raises(ModelError, match=r"dora\.safetensors holds dora in lora_unet_a"):
        average_loras([first, dora], out, {})
    bias = write(tmp_path / "bias.safetensors", 2, extra={"lora_unet_a.diff_b": torch.ones(40)})
    with pytest.raises(ModelError, match=r"bias\.safetensors holds diff_b in lora_unet_a"):
        average_loras([first, bias], out, {})
    with pytest.raises(ModelError, match="changes other layers than first"):
        average_loras([first, more], out, {})
    with pytest.raises(ModelError, match="two LoRA files"):
        average_loras([first], out, {})
    (tmp_path / "cut.safetensors").write_bytes(first.read_bytes()[:-10])
    with pytest.raises(ModelError, match="cut.safetensors is not a whole"):
        average_loras([first, tmp_path / "cut.safetensors"], out, {})
    assert not out.exists()


@pytest.mark.parametrize(
    ("value", "part", "said"),
    [
        (float("nan"), "lora_up.weight", r"bad\.safetensors holds NaN or infinity in lora_unet_a"),
        (float("inf"), "lora_down.weight", r"bad\.safetensors holds NaN or infinity in lora_unet_a"),
        (0.0, "alpha", r"bad\.safetensors changes nothing in lora_unet_a: its alpha is 0"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_file_that_would_spoil_the_mean_is_refused_by_name(
    tmp_path: Path, value: float, part: str, said: str, place: int
) -> None:
    bad, good = write(tmp_path / "bad.safetensors", 1), write(tmp_path / "good.safetensors", 2)
    tensors = load_file(bad)
    tensors[f"lora_unet_a.{part}"].view(-1)[0] = value
    save_file(tensors, bad)
    files = [good, bad] if place else [bad, good]
    with pytest.raises(ModelError, match=said):
        average_loras(files, tmp_path / "mean.safetensors", {})
    assert not (tmp_path / "mean.safetensors").exists()


def test_a_mean_too_large_for_half_precision_is_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{name}.safetensors", 1) for name in "ab"]
    for path in paths:
        save_file({key: t * (1e9 if "up" in key else 1) for key, t in load_file(path).items()}, path)
    with pytest.raises(ModelError, match="too large for fp16 in lora_unet_a"):
        average_loras(paths, tmp_path / "mean.safetensors", {})


def test_what_is_no_part_of_a_layer_is_left_out_of_the_mean_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    extra = {"bundle_emb.zxq.clip_l": torch.ones(2, 8)}
    paths = [write(tmp_path / f"{name}.safetensors", 1, extra=extra) for name in "ab"]
    average_loras(paths, tmp_path / "mean.safetensors", {})
    assert not any("bundle_emb" in key for key in load_file(tmp_path / "mean.safetensors"))
    assert "bundle_emb.zxq.clip_l" in caplog.text


SDXL_LAYER = "input_blocks_4_1_transformer_blocks_1_attn2_to_k"
SPELLINGS = {
    "kohya": (f"lora_unet_{SDXL_LAYER}", "lora_down.weight", "lora_up.weight"),
    "kohya in diffusers' names": (
        "lora_unet_down_blocks_1_attentions_0_transformer_blocks_1_attn2_to_k",
        "lora_down.weight",
        "lora_up.weight",
    ),
    "native": (
        "diffusion_model.input_blocks.4.1.transformer_blocks.1.attn2.to_k",
        "lora_A.weight",
        "lora_B.weight",
    ),
    "diffusers": ("unet.down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_k", "lora_A.weight", "lora_B.weight"),
    "diffusers, the old way": (
        "unet.down_blocks.1.attentions.0.transformer_blocks.1.attn2.processor.to_k",
        "lora.down.weight",
        "lora.up.weight",
    ),
    "peft": (
        "base_model.model.down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_k",
        "lora_A.default.weight",
        "lora_B.default.weight",
    ),
}
JOINS = {"diffusers, the old way": "_"}


def spelled(path: Path, how: str, seed: int) -> Path:
    draw = torch.Generator().manual_seed(seed)
    prefix, down, up = SPELLINGS[how]
    join = JOINS.get(how, ".")
    save_file(
        {
            f"{prefix}{join}{down}": torch.randn(4, 2048, generator=draw),
            f"{prefix}{join}{up}": torch.randn(64, 4, generator=draw),
        },
        path,
    )
    return path


@pytest.mark.parametrize("how", list(SPELLINGS))
@pytest.mark.parametrize("first", [True, False])
def test_files_in_different_spellings_meet_layer_by_layer(tmp_path: Path, how: str, first: bool) -> None:
    kohya = [spelled(tmp_path / f"k{seed}.safetensors", "kohya", seed) for seed in (1, 2)]
    other = spelled(tmp_path / "other.safetensors", how, 2)
    average_loras(kohya[:: 1 if first else -1], tmp_path / "own.safetensors", {})
    average_loras([kohya[0], other][:: 1 if first else -1], tmp_path / "met.safetensors", {})
    own, met = load_file(tmp_path / "own.safetensors"), load_file(tmp_path / "met.safetensors")
    values = [tuple(float(tensor.double().sum()) for tensor in each.values()) for each in (own, met)]
    assert len(met) == 3
    assert values[0] == values[1]
    if how != "kohya in diffusers' names":
        assert set(met) == set(own)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lora_transformer_single_transformer_blocks_3_proj_out", "transformer.single_transformer_blocks.3.proj_out"),
        ("lora_unet_double_blocks_0_img_attn_qkv", "diffusion_model.double_blocks.0.img_attn.qkv"),
        ("lora_te1_text_model_encoder_layers_0_mlp_fc1", "text_encoder.text_model.encoder.layers.0.mlp.fc1"),
        ("lora_te2_text_model_encoder_layers_0_mlp_fc1", "text_encoder_2.text_model.encoder.layers.0.mlp.fc1"),
        ("lora_unet_some_layer", "base_model.model.some.layer"),
    ],
)
def test_layers_of_bases_that_are_not_known_here_meet_by_their_names(tmp_path: Path, one: str, other: str) -> None:
    paths = [tmp_path / "one.safetensors", tmp_path / "other.safetensors"]
    for path, prefix in zip(paths, (one, other), strict=True):
        parts = {"lora_down.weight": torch.ones(2, 6), "lora_up.weight": torch.ones(4, 2)}
        save_file({f"{prefix}.{name}": tensor for name, tensor in parts.items()}, path)
    assert average_loras(paths, tmp_path / "mean.safetensors", {}) == pytest.approx(1.0)
    assert {key.split(".")[0] for key in load_file(tmp_path / "mean.safetensors")} == {one}


def test_a_1_by_1_convolution_meets_the_matrix_that_others_hold_for_it(tmp_path: Path) -> None:
    paths = [tmp_path / "conv.safetensors", tmp_path / "matrix.safetensors"]
    for path, kernel in zip(paths, ((1, 1), ()), strict=True):
        tensors = {"lora_down.weight": torch.ones(2, 6, *kernel), "lora_up.weight": torch.ones(4, 2, *kernel)}
        save_file({f"lora_unet_a.{name}": tensor for name, tensor in tensors.items()}, path)
    average_loras(paths, tmp_path / "mean.safetensors", {})
    assert load_file(tmp_path / "mean.safetensors")["lora_unet_a.lora_down.weight"].shape == (2, 6, 1, 1)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"lokr_w1": (2, 2), "lokr_w2": (20, 12)}, "lokr in lora_unet_a"),
        (
            {"hada_w1_a": (40, 2), "hada_w1_b": (2, 24), "hada_w2_a": (40, 2), "hada_w2_b": (2, 24)},
            "loha in lora_unet_a",
        ),
        ({"diff": (40, 24)}, "diff in lora_unet_a"),
        (
            {"lora_down.weight": (8, 24), "lora_up.weight": (40, 8), "dora_scale": (40, 1)},
            "dora in lora_unet_a",
        ),
    ],
)
def test_kinds_without_a_mean_are_refused_by_name(tmp_path: Path, extra: dict[str, tuple[int, ...]], said: str) -> None:
    plain, odd = write(tmp_path / "plain.safetensors", 1), write(tmp_path / "odd.safetensors", 2)
    kept = {key: tensor for key, tensor in load_file(odd).items() if "unet_a" not in key}
    save_file(kept | {f"lora_unet_a.{name}": torch.ones(size) for name, size in extra.items()}, odd)
    for files in ([plain, odd], [odd, plain]):
        with pytest.raises(ModelError, match=f"odd.safetensors holds {said}; only plain LoRA files have an average"):
            average_loras(files, tmp_path / "mean.safetensors", {})


def test_loras_for_different_bases_and_layers_named_twice_are_refused(tmp_path: Path) -> None:
    xl = spelled(tmp_path / "xl.safetensors", "kohya", 1)
    flux = {"lora_down.weight": torch.ones(4, 2048), "lora_up.weight": torch.ones(64, 4)}
    save_file({f"lora_unet_double_blocks_0_img_attn_qkv.{k}": t for k, t in flux.items()}, tmp_path / "f.safetensors")
    with pytest.raises(ModelError, match=r"xl.safetensors is a LoRA for SDXL and f.safetensors is a LoRA for FLUX"):
        average_loras([xl, tmp_path / "f.safetensors"], tmp_path / "mean.safetensors", {})
    both = load_file(xl) | load_file(spelled(tmp_path / "d.safetensors", "diffusers", 1))
    save_file(both, tmp_path / "both.safetensors")
    with pytest.raises(ModelError, match="both.safetensors names layers twice in two spellings"):
        average_loras([xl, tmp_path / "both.safetensors"], tmp_path / "mean.safetensors", {})
