"""What a LoRA file's numbers tell."""

import json
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from trainer.errors import Cancelled, ModelError
from trainer.lora.health import BAND, MOST_BLOCKS, block_of, check_lora, health_json, health_lines
from trainer.lora.health_sheet import draw_health

from .test_average import dense, write


def test_the_change_is_that_of_the_dense_matrices(tmp_path: Path) -> None:
    path = write(tmp_path / "a.safetensors", 1)
    changes = [dense(path, f"lora_unet_{name}") for name in "ac"]
    health = check_lora(path)
    squares = sum(float(change.square().sum()) for change in changes)
    assert health.rms == pytest.approx((squares / sum(change.numel() for change in changes)) ** 0.5)
    assert (health.kinds, health.ranks, health.scale, health.layers) == (("lora",), (4,), 0.5, 2)


def scaled(path: Path, factor: float, only: str = "") -> Path:
    tensors = load_file(path)
    save_file({key: t * factor if "up" in key and only in key else t for key, t in tensors.items()}, path)
    return path


@pytest.mark.parametrize(
    ("factor", "said"),
    [(1e-2, None), (1e-6, "changes very little"), (1.0, "changes very much"), (0.0, "changes nothing")],
)
def test_a_change_outside_the_band_is_said(tmp_path: Path, factor: float, said: str | None) -> None:
    health = check_lora(scaled(write(tmp_path / "a.safetensors", 1), factor))
    if said is None:
        assert health.faults == ()
        assert BAND[0] < health.rms < BAND[1]
        assert "looks well" in health.verdict
    else:
        assert said in health.verdict


def test_a_layer_that_learned_nothing_is_named(tmp_path: Path) -> None:
    path = scaled(write(tmp_path / "a.safetensors", 1), 1e-2)
    health = check_lora(scaled(path, 0.0, only="unet_c"))
    assert health.dead == ("lora_unet_c",)
    assert "1 of 2 layers change nothing: lora_unet_c" in health.verdict


def test_sdxls_unread_text_layer_is_no_fault(tmp_path: Path) -> None:
    extra: dict[str, torch.Tensor] = {}
    for layer in (10, 11):
        prefix = f"lora_te1_text_model_encoder_layers_{layer}_mlp_fc1"
        extra[f"{prefix}.lora_down.weight"] = torch.randn(4, 8)
        extra[f"{prefix}.lora_up.weight"] = torch.full((8, 4), 0.01 if layer == 10 else 0.0)
    path = scaled(write(tmp_path / "a.safetensors", 1, extra=extra), 1e-2)
    health = check_lora(path)
    assert health.dead == ("lora_te1_text_model_encoder_layers_11_mlp_fc1",)
    assert health.faults == ()


def test_nan_is_named(tmp_path: Path) -> None:
    path = scaled(write(tmp_path / "a.safetensors", 1), float("nan"), only="unet_a")
    health = check_lora(path)
    assert health.broken == ("lora_unet_a",)
    assert "NaN or infinity" in health.verdict
    assert draw_health(health).size[0] == 960


@pytest.mark.parametrize(
    ("prefix", "block"),
    [
        ("lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q", "unet input_blocks_4"),
        ("lora_unet_middle_block_1_proj_in", "unet middle_block"),
        ("lora_unet_down_blocks_1_attentions_0_proj_in", "unet down_blocks_1"),
        ("unet.up_blocks.0.attentions.0.proj_in", "unet up_blocks_0"),
        ("lora_te2_text_model_encoder_layers_3_mlp_fc1", "te2"),
        ("lora_te_text_model_encoder_layers_3_mlp_fc1", "te"),
        ("transformer.transformer_blocks.7.attn.to_q", "transformer transformer_blocks_7"),
        ("lora_unet_double_blocks_3_img_attn_qkv", "unet double_blocks_3"),
        ("diffusion_model.single_blocks.12.linear1", "diffusion_model single_blocks_12"),
        ("something_else", "something"),
    ],
)
def test_blocks_of_every_spelling(prefix: str, block: str) -> None:
    assert block_of(prefix) == block


def test_a_file_that_is_no_lora_is_refused(tmp_path: Path) -> None:
    save_file({"model.weight": torch.zeros(3)}, tmp_path / "a.safetensors")
    with pytest.raises(ModelError, match="is not a LoRA"):
        check_lora(tmp_path / "a.safetensors")


def test_words_figures_and_picture(tmp_path: Path) -> None:
    health = check_lora(scaled(write(tmp_path / "a.safetensors", 1), 1e-2))
    assert health_lines(health)[1] == "lora, rank 4, alpha / rank 0.5, 2 layers."
    assert health_json(health)["blocks"]["unet"]["dead"] == 0
    assert draw_health(health).size[1] > 100


def many(path: Path, count: int, name: str = "lora_unet_b{}") -> Path:
    """A file of layers that change nothing, each a block of its own where `name` says so."""
    zero = torch.zeros(1, 1)
    parts = ("lora_down.weight", "lora_up.weight")
    save_file({f"{name.format(number)}.{part}": zero.clone() for number in range(count) for part in parts}, path)
    return path


def test_a_file_of_thousands_of_dead_layers_is_told_of_at_once_and_in_few_words(tmp_path: Path) -> None:
    path = many(tmp_path / "a.safetensors", 3000)
    since = time.process_time()
    health = check_lora(path)
    said, figures = "\n".join(health_lines(health)), json.dumps(health_json(health))
    assert time.process_time() - since < 1.5, "three thousand layers took two seconds when it was quadratic"
    assert len(said) < 1000
    assert len(figures) < 20_000
    assert json.loads(figures)["dead_layers"] == 3000


def test_checking_stops_between_two_layers(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Cancelled, match=r"after 2 of 50 layers"):
        check_lora(many(tmp_path / "a.safetensors", 50), cancelled=lambda: next(asked))


def test_of_very_many_blocks_the_first_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    path = many(tmp_path / "a.safetensors", MOST_BLOCKS + 40, "".join(("b{}", "x" * 500, "_y")))
    health = check_lora(path)
    lines = health_lines(health)
    assert lines[-1].strip() == "and 40 more, not listed."
    assert max(map(len, lines)) < 400
    assert draw_health(health).size[1] < 30 * (MOST_BLOCKS + 10)


@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"lora_down.weight": (2, 4), "lora_up.weight": (4, 2), "alpha": (2,)}, "alpha holds 2 numbers"),
        ({"lora_down.weight": (2, 4), "lora_up.weight": (4, 3)}, "do not go together"),
        ({"lora_down.weight": (2, 4), "lora_up.weight": (4, 2, 3, 3)}, "do not go together"),
        ({"lora_down.weight": (2, 4)}, "do not go together"),
        ({"lokr_w1": (2, 2)}, "do not go together"),
        ({"lokr_w1": (2, 2), "lokr_w2_a": (4, 2), "lokr_w2_b": (3, 4)}, "do not go together"),
        ({"hada_w1_a": (4, 2), "hada_w1_b": (2, 4), "hada_w2_a": (4, 2)}, "do not go together"),
        ({"hada_w1_a": (4, 2), "hada_w1_b": (2, 4), "hada_w2_a": (4, 2), "hada_w2_b": (2, 5)}, "do not go together"),
    ],
)
def test_tensors_that_do_not_go_together_get_a_sentence(
    tmp_path: Path, tensors: dict[str, tuple[int, ...]], said: str
) -> None:
    path = tmp_path / "a.safetensors"
    save_file({f"lora_unet_a.{name}": torch.ones(shape) for name, shape in tensors.items()}, path)
    with pytest.raises(ModelError, match=f"a.safetensors is damaged: of lora_unet_a .*{said}"):
        check_lora(path)


def test_a_rank_of_zero_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"lora_unet_a.lora_down.weight": torch.ones(0, 4), "lora_unet_a.lora_up.weight": torch.ones(4, 0)}, path)
    with pytest.raises(ModelError, match=r"a\.safetensors is damaged: of lora_unet_a the rank is 0"):
        check_lora(path)


def test_an_alpha_of_zero_is_said(tmp_path: Path) -> None:
    health = check_lora(write(tmp_path / "a.safetensors", 1, alpha=0.0))
    assert health.verdict.startswith("a.safetensors changes nothing: its alpha is 0 in all of its 2 layers.")


def test_what_a_file_is_for_and_what_is_passed_over_is_noted(tmp_path: Path) -> None:
    def layer(prefix: str) -> dict[str, torch.Tensor]:
        return {
            f"{prefix}.lora_down.weight": torch.full((2, 8), 0.02),
            f"{prefix}.lora_up.weight": torch.ones(8, 2) / 10,
        }

    text, path = "lora_te2_text_model_encoder_layers_0_mlp_fc1", tmp_path / "a.safetensors"
    save_file(layer(text) | {"bundle_emb.zxq.clip_g": torch.ones(2, 8), "x.on_input": torch.ones(8)}, path)
    health = check_lora(path)
    said = " ".join(health.notes)
    assert health.faults == ()
    assert health_json(health)["made_for"] == "SDXL"
    assert "Its IA3 layers are passed over" in said
    assert "no part of a layer: bundle_emb.zxq.clip_g" in said
    assert set(health.notes) < set(health_lines(health))
    save_file(layer(text), path)
    assert "changes the text encoders alone" in " ".join(check_lora(path).notes)


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"diff": torch.full((4, 4), 1e-3)}, "diff"),
        ({"w_norm": torch.full((4,), 1e-3), "b_norm": torch.full((4,), 1e-3)}, "norm"),
        (
            {f"{side}{n}.weight": torch.ones(2, 4) if n == 2 else torch.ones(4, 2) for side in "ab" for n in (1, 2)},
            "glora",
        ),
        ({"oft_blocks": torch.ones(2, 2, 2)}, "oft"),
    ],
)
def test_every_kind_of_layer_is_named(tmp_path: Path, parts: dict[str, torch.Tensor], kind: str) -> None:
    path = tmp_path / "a.safetensors"
    save_file({f"lora_unet_a.{name}": tensor for name, tensor in parts.items()}, path)
    health = check_lora(path)
    assert health.kinds == (kind,)
    assert health.broken == health.dead == ()
    assert not health.rms or health.rms == pytest.approx(1e-3)
