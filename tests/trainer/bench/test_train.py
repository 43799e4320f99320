"""The training bench: its keys, its reference, and the random model of real sizes."""

import io
import json
import math
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trainer.bench import step_arm, train, whole_run
from trainer.bench.arms import Arm
from trainer.bench.inputs import random_sdxl
from trainer.bench.inputs.random_sdxl import MID, REAL, UNET_SIZES, VAE_SIZES, Sizes
from trainer.bench.step_task import StepTask
from trainer.errors import LikenessError
from trainer.families.registry import describe_base, load_family

TEXT = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 1}
SMALL = Sizes(
    unet={
        **UNET_SIZES,
        "block_out_channels": [64, 64],
        "down_block_types": UNET_SIZES["down_block_types"][:2],
        "up_block_types": UNET_SIZES["up_block_types"][1:],
        "transformer_layers_per_block": [1, 1],
        "attention_head_dim": [1, 1],
    },
    vae={**VAE_SIZES, "block_out_channels": [32, 32, 32, 32]},
    clip_l=TEXT,
    open_clip=TEXT,
    pooled=1280,
)

SMALL_TEXT = replace(
    SMALL,
    clip_l={**TEXT, "hidden_size": 768, "num_attention_heads": 12},
    open_clip={**TEXT, "hidden_size": 1280, "num_attention_heads": 20},
)
"""With text as wide as the UNet reads."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_sdxl.write_random_sdxl(tmp_path_factory.mktemp("small") / "small.safetensors", sizes=SMALL)


@pytest.mark.slow
def test_it_tells_what_it_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_ROUNDS", 1), ("_WARM", 1), ("_SIDE", 128), ("MID", SMALL_TEXT)):
        monkeypatch.setattr(train, name, value)
    monkeypatch.setattr(whole_run, "_STEPS", 3)
    monkeypatch.setattr(whole_run, "_DEMO_STEPS", 3)
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path / "none"))
    figures = train.bench_train(tmp_path)
    assert figures["device"] == "cpu"
    assert figures["ratio_vs_host"] is None
    assert "COMFYUI_PATH" in figures["no_host"]
    assert 0.1 < figures["ratio_vs_diffusers"] < 10
    assert figures["ratio_vs_diffusers"] == pytest.approx(
        figures["seconds_per_step"] / figures["diffusers_seconds_per_step"], rel=0.05
    )
    assert figures["parity"]["gradient_norm_apart"] < 1e-3
    assert figures["peak_ratio_vs_diffusers"] > 0
    for prefix in ("", "demo_"):
        assert 0 <= figures[f"{prefix}overhead_fraction"] < 1
        assert figures[f"{prefix}seconds_to_first_step"] > 0
        assert figures[f"{prefix}cached_pictures_per_second"] > 0


def test_both_arms_answer_line_by_line_and_begin_alike(
    base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    task = StepTask(base=str(base), side=64, batch=2, rank=2)
    said: list[dict[str, float]] = []
    for kind in ("ours", "diffusers"):
        monkeypatch.setattr("sys.stdin", io.StringIO("parity\nsteps 2\nweights\nforget\nmemory\n"))
        step_arm.main(kind, task.json())
        lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("@arm ")]
        parity, steps, weights, _, memory = (json.loads(line.removeprefix("@arm ")) for line in lines)
        assert parity["weights"] == weights["weights"] > 0
        assert steps["seconds"] > 0
        assert steps["processor"] > 0
        assert memory["peak"] is None or memory["peak"] > 0
        said.append(parity)
    assert said[0]["loss"] == pytest.approx(said[1]["loss"], rel=1e-4)
    assert said[0]["norm"] == pytest.approx(said[1]["norm"], rel=1e-3)


class FakeArm:
    """Answers at once, and notes in which order it was asked."""

    def __init__(self, name: str, asked: list[str], **parity: float) -> None:
        self._name, self._asked, self._parity = name, asked, parity

    def ask(self, what: str) -> Mapping[str, Any]:
        if what == "parity":
            return self._parity
        if what == "memory":
            return {"peak": 100.0, "above": 10.0}
        self._asked.append(f"{self._name} {what}")
        return {"seconds": float(len(self._asked)), "processor": 1.0}


def test_arms_take_turns_forwards_and_backwards() -> None:
    asked: list[str] = []
    arms: Any = {name: FakeArm(name, asked) for name in ("a", "b")}
    told = train._in_turns(arms, 2, 3, 5)
    assert asked[:4] == ["a steps 2", "a forget", "b steps 2", "b forget"]
    assert [each.split()[0] for each in asked[4:]] == ["b", "a", "a", "b", "b", "a"]
    assert told["a"].median == 7.0


@pytest.mark.parametrize(
    ("theirs", "is_same"),
    [
        ({"weights": 4, "loss": 1.0005, "norm": 2.03}, True),
        ({"weights": 5, "loss": 1.0, "norm": 2.0}, False),
        ({"weights": 4, "loss": 1.002, "norm": 2.0}, False),
        ({"weights": 4, "loss": 1.0, "norm": 2.1}, False),
        ({"weights": 4, "loss": float("nan"), "norm": 2.0}, False),
    ],
)
def test_only_arms_that_train_the_same_are_compared(theirs: dict[str, float], is_same: bool) -> None:
    arms: Any = {
        "ours": FakeArm("ours", [], weights=4, loss=1.0, norm=2.0),
        "diffusers": FakeArm("diffusers", [], **theirs),
    }
    if is_same:
        assert train._parity(arms)["weights"] == 4
    else:
        with pytest.raises(LikenessError, match="do not train the same"):
            train._parity(arms)


def test_an_arm_that_ends_says_why() -> None:
    ended = Arm([sys.executable, "-c", "raise SystemExit('no file here')", "task"])
    with ended as arm, pytest.raises(LikenessError, match="no file here"):
        arm.ask("steps 1")


def test_without_a_gpu_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(LikenessError, match="no device 'cuda'"):
        train.bench_train(tmp_path, "cuda")


def test_the_random_sdxl_has_the_real_ones_tensors() -> None:
    """Stability's sd_xl_base_1.0 holds 1680 tensors of the UNet, of 2,567,463,684 weights, and 248 of the VAE."""
    shapes = dict(random_sdxl._shapes(REAL))
    counts = Counter(name.split(".")[0] for name in shapes)
    assert counts["model"] == 1680
    assert counts["first_stage_model"] == 248
    # CLIP-L, and OpenCLIP without its unused logit_scale.
    assert counts["conditioner"] == 196 + 389
    unet = [shape for name, shape in shapes.items() if name.startswith("model.")]
    weights = 0
    for shape in unet:
        product = 1
        for side in shape:
            product *= side
        weights += product
    assert weights == 2_567_463_684
    assert shapes["model.diffusion_model.label_emb.0.0.weight"] == (1280, 2816)
    assert shapes["conditioner.embedders.1.model.transformer.resblocks.31.attn.in_proj_weight"] == (3840, 1280)


def test_the_middle_one_has_more_than_200_million_weights() -> None:
    shapes = dict(random_sdxl._shapes(MID))
    unet = [shape for name, shape in shapes.items() if name.startswith("model.")]
    assert sum(math.prod(shape) for shape in unet) == 219_813_764


def test_a_small_one_is_read_as_a_base(base: Path) -> None:
    described = describe_base(base)
    assert described.family == "sdxl"
    assert load_family(described).lora_targets("attention")
