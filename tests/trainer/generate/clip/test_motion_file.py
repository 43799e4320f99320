"""Motion modules' files: every published layout is read whole, and other files are refused by what they are."""

from math import prod
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.tiny_motion import motion_shapes, motion_tensors, write_tiny_motion
from trainer.errors import ModelError
from trainer.generate.clip.file import motion_adapter, open_motion_module
from trainer.generate.clip.names import diffusers_name, layout_of

SD15, SDXL = (320, 640, 1280, 1280), (320, 640, 1280)


@pytest.mark.parametrize(
    ("widths", "longest", "has_middle", "tensors", "millions"),
    [
        (SD15, 24, False, 560, 418.0),
        (SD15, 32, True, 588, 454.4),
        (SD15, 32, False, 560, 418.3),
        (SDXL, 32, False, 420, 237.5),
    ],
    ids=["v1", "v2", "v3", "sdxl"],
)
def test_a_published_layout_of_full_size_fits_diffusers_without_leftovers(
    widths: tuple[int, ...], longest: int, has_middle: bool, tensors: int, millions: float
) -> None:
    shapes = motion_shapes(widths, longest=longest, has_middle=has_middle)
    named = {diffusers_name(name): torch.empty(shape, device="meta") for name, shape in shapes.items()}
    known = {name: one for name, one in named.items() if name is not None}
    layout = layout_of({name: tuple(one.shape) for name, one in known.items()})
    assert motion_adapter(layout, known).state_dict().keys() == known.keys()
    assert (layout.title, layout.longest, layout.has_middle) == (layout_title(widths), longest, has_middle)
    assert len(shapes) == tensors and None not in named
    assert sum(map(prod, shapes.values())) / 1e6 == pytest.approx(millions, abs=0.1)


def layout_title(widths: tuple[int, ...]) -> str:
    return "SDXL" if len(widths) == 3 else "SD 1.5"


@pytest.mark.parametrize("name", ["a.safetensors", "a.ckpt"])
def test_weights_arrive_as_the_file_has_them(tmp_path: Path, name: str) -> None:
    motion = open_motion_module(write_tiny_motion(tmp_path / name, longest=24, has_middle=True))
    tensors = motion_tensors(motion_shapes((32, 32), layers=1, longest=24, has_middle=True))
    block = "up_blocks.1.motion_modules.1.temporal_transformer.transformer_blocks.0."
    mine = motion.modules.up_blocks[1].motion_modules[1].transformer_blocks[0]
    assert torch.equal(mine.attn2.to_k.weight, tensors[f"{block}attention_blocks.1.to_k.weight"])
    assert torch.equal(mine.norm3.bias, tensors[f"{block}ff_norm.bias"])
    assert torch.equal(mine.pos_embed.pe, tensors[f"{block}attention_blocks.0.pos_encoder.pe"])
    assert motion.layout.longest == 24


def test_what_training_scripts_wrap_around_it_is_taken_off(tmp_path: Path) -> None:
    tensors = motion_tensors(motion_shapes((32, 32), layers=1))
    torch.save({"epoch": 3, "state_dict": {f"module.{name}": one for name, one in tensors.items()}}, tmp_path / "a.pt")
    plain = open_motion_module(write_tiny_motion(tmp_path / "b.safetensors")).modules.state_dict()
    wrapped = open_motion_module(tmp_path / "a.pt").modules.state_dict()
    assert all(torch.equal(wrapped[name], one) for name, one in plain.items())


def test_diffusers_own_file_is_read_and_its_missing_positions_are_the_published_ones(tmp_path: Path) -> None:
    whole = open_motion_module(write_tiny_motion(tmp_path / "a.safetensors")).modules.state_dict()
    save_file({name: one for name, one in whole.items() if "pos_embed" not in name}, tmp_path / "b.safetensors")
    again = open_motion_module(tmp_path / "b.safetensors").modules.state_dict()
    assert whole.keys() == again.keys()
    assert all(torch.allclose(again[name], one, atol=1e-6) for name, one in whole.items())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", "is a LoRA;"),
        ("model.diffusion_model.input_blocks.0.0.weight", "is a base model;"),
        ("down_blocks.0.temporal_attentions.0.norm.weight", "HotShot-XL"),
        ("controlnet_cond_embedding.conv_in.weight", "SparseCtrl"),
        ("something.else", "holds no motion module;"),
        (
            "down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.processor."
            "to_q_lora.down.weight",
            "is a motion LoRA",
        ),
    ],
)
def test_another_kind_of_file_is_named(tmp_path: Path, name: str, said: str) -> None:
    save_file({name: torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match=said) as told:
        open_motion_module(tmp_path / "other.safetensors")
    assert "mm_sd_v15_v2" in str(told.value) and "\n" not in str(told.value)


def test_a_module_that_begins_at_a_picture_is_refused(tmp_path: Path) -> None:
    tensors = motion_tensors(motion_shapes((32, 32), layers=1))
    save_file({**tensors, "conv_in.weight": torch.zeros(1)}, tmp_path / "p.safetensors")
    with pytest.raises(ModelError, match="PIA module"):
        open_motion_module(tmp_path / "p.safetensors")


def test_a_part_of_a_module_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    tensors = motion_tensors(motion_shapes((32, 32), layers=1))
    tensors.pop("up_blocks.0.motion_modules.1.temporal_transformer.proj_out.bias")
    save_file(tensors, tmp_path / "part.safetensors")
    with pytest.raises(ModelError, match="not a whole motion module.*up_blocks.0.motion_modules.1.proj_out.bias"):
        open_motion_module(tmp_path / "part.safetensors")
    only = {name: one for name, one in tensors.items() if name.startswith("up_blocks")}
    save_file(only, tmp_path / "up.safetensors")
    with pytest.raises(ModelError, match="way down"):
        open_motion_module(tmp_path / "up.safetensors")


class Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("a pickle ran code",)


def test_a_pickle_that_would_run_code_is_refused_unrun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"state_dict": Harm()}, tmp_path / "bad.ckpt")
    (tmp_path / "cut.ckpt").write_bytes(b"PK\x03\x04")
    for name in ("bad.ckpt", "cut.ckpt"):
        with pytest.raises(ModelError, match="as weights alone"):
            open_motion_module(tmp_path / name)
    assert "ran code" not in capsys.readouterr().out


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no motion module"):
        open_motion_module(tmp_path / "none.ckpt")
