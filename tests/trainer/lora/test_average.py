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
