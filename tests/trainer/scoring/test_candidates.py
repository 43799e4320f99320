"""What is compared: how files are called, in which order, and which are refused."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from trainer.errors import RunError
from trainer.scoring.plan.candidate import Candidate, candidates_of_seeds, fitting, neighbours, spread
from trainer.scoring.plan.candidate_files import candidates_of_files

from .stage import write_lora


def named(folder: Path, *names: str, **metadata: str) -> list[Path]:
    return [write_lora(folder / f"{name}.safetensors", metadata) for name in names]


def said(candidates: Sequence[Candidate]) -> list[tuple[str, int | None]]:
    return [(each.label, each.step) for each in candidates]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("sage_step000300", "sage_step001000"), [("Step 300", 300), ("Step 1000", 1000)]),
        (("zxq-000010", "zxq-000004", "zxq"), [("Epoch 4", 4), ("Epoch 10", 10), ("zxq", None)]),
        (("zxq-step00000500", "zxq-step00000250"), [("Step 250", 250), ("Step 500", 500)]),
        (("zxq_000001500", "zxq_000000250", "zxq"), [("Step 250", 250), ("Step 1500", 1500), ("zxq", None)]),
        (("zxq-save-1200-8-0", "zxq-save-300-2-0"), [("Step 300", 300), ("Step 1200", 1200)]),
        (("a-2", "a-10"), [("Number 2", 2), ("Number 10", 10)]),
        (("alice4", "style_v2"), [("alice4", None), ("style_v2", None)]),
        (("one-2",), [("one-2", None)]),
        (("epoch 12", "epoch 3"), [("Epoch 3", 3), ("Epoch 12", 12)]),
    ],
)
def test_numbers_in_names_are_read_as_their_trainers_write_them(
    tmp_path: Path, names: Sequence[str], expected: list[tuple[str, int | None]]
) -> None:
    assert said(candidates_of_files(named(tmp_path, *names))) == expected


def test_steps_in_metadata_count_before_names_and_place_the_final_file(tmp_path: Path) -> None:
    files = [
        *named(tmp_path, "zxq-000004", ss_steps="400"),
        *named(tmp_path, "zxq-000010", ss_steps="1000"),
        *named(tmp_path, "zxq", ss_steps="1200"),
    ]
    assert said(candidates_of_files(files)) == [("Epoch 4", 400), ("Epoch 10", 1000), ("zxq", 1200)]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    files = [*named(tmp_path / "mine", "zxq"), *named(tmp_path / "theirs", "zxq")]
    assert [each.label for each in candidates_of_files(files)] == ["mine/zxq", "theirs/zxq"]
    peft = [write_lora(tmp_path / f"checkpoint-{step}" / "pytorch_lora_weights.safetensors") for step in (500, 90)]
    assert said(candidates_of_files(peft)) == [("Step 90", 90), ("Step 500", 500)]


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    (file,) = named(tmp_path, "zxq")
    with pytest.raises(RunError, match=r"zxq\.safetensors is named twice"):
        candidates_of_files([file, tmp_path / "." / "zxq.safetensors"])


def seeded(run: Path) -> tuple[Candidate, ...]:
    """A run of two seeds, with their average."""
    for folder in (run, run / "seeds" / "8"):
        named(folder / "checkpoints", "sage_step000100", "sage_step000200", "sage_step000300")
    named(run / "checkpoints", "sage_average2")
    (run / "recipe.json").write_text(json.dumps({"seed": 7}))
    return candidates_of_seeds(run)


def test_a_runs_other_seeds_are_columns_of_the_same_steps(tmp_path: Path) -> None:
    candidates = seeded(tmp_path)
    assert [(each.label, each.seed) for each in candidates][:2] == [("Step 100, seed 7", 7), ("Step 100, seed 8", 8)]
    assert [(each.label, each.seed) for each in candidates][-1] == ("Average of 2 seeds", None)
    assert [each.step for each in spread(candidates, 4)] == [200, 200, 301]


def test_at_most_so_many_are_taken_evenly_with_the_last(tmp_path: Path) -> None:
    every = candidates_of_files(named(tmp_path, *(f"zxq-step{step:08d}" for step in range(100, 1100, 100))))
    assert [each.step for each in spread(every, 4)] == [200, 500, 800, 1000]
    assert spread(every, 20) == every


def test_neighbours_are_of_the_same_seed_and_not_drawn_yet(tmp_path: Path) -> None:
    candidates = seeded(tmp_path)
    chosen = next(each for each in candidates if (each.step, each.seed) == (200, 8))
    beside = neighbours(chosen, [chosen], candidates)
    assert [(each.step, each.seed) for each in beside] == [(100, 8), (300, 8)]
    assert neighbours(chosen, candidates, candidates) == ()


def test_loras_of_another_family_and_damaged_files_are_refused_by_name(tmp_path: Path) -> None:
    wan = write_lora(tmp_path / "wan.safetensors", prefix="diffusion_model.blocks.0.self_attn.q")
    good, cut, text = named(tmp_path, "good", "cut", "text")
    cut.write_bytes(good.read_bytes()[:-3])
    text.write_text("not found")
    kept, left = fitting(candidates_of_files([wan, good, cut, text]), "SDXL")
    assert [each.label for each in kept] == ["good"]
    reasons = {each.name: each.why for each in left}
    assert "wan.safetensors is a LoRA for Wan and this base is SDXL" in reasons["wan"]
    assert "cut short" in reasons["cut"] and "text.safetensors" in reasons["text"]
    assert len(fitting(kept, "")[0]) == 1


def test_a_lora_for_flux_fits_every_base_of_its_layers(tmp_path: Path) -> None:
    flux = write_lora(tmp_path / "flux.safetensors", prefix="lora_unet_double_blocks_0_img_attn_qkv")
    for base in ("FLUX.1", "FLUX.1 schnell", "undistilled FLUX.1"):
        assert len(fitting(candidates_of_files([flux]), base)[0]) == 1, base
    assert "is a LoRA for FLUX.1" in fitting(candidates_of_files([flux]), "SDXL")[1][0].why
