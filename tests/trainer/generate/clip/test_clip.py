"""Clips: the motion UNet's own numbers, the LoRA left where it was, long clips in windows, and nothing left behind."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tiny_checkpoint import write_tiny_checkpoint
from tests.tiny_motion import write_tiny_motion
from tests.trainer.generate.test_identities import write_adapter, write_person
from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.condition import Condition
from trainer.families.family import Family
from trainer.families.registry import describe_base, load_family
from trainer.generate.attachments import Control, Identity, Lora
from trainer.generate.clip.clip import Clip
from trainer.generate.clip.file import MotionModule, open_motion_module
from trainer.generate.clip.local import LocalClipGenerator
from trainer.generate.clip.mount import drawing_steps, mounted
from trainer.generate.clip.windows import WindowedPrediction, windows
from trainer.generate.shot import Shot
from trainer.lora.adapter import Adapter
from trainer.lora.mount import mount_lora
from trainer.lora.save import save_lora
from trainer.recipe.buckets import Placement
from trainer.recipe.lora import Lora as LoraRecipe

SHOT = Shot(prompt="person, red background", seed=3, width=64, height=64, steps=2, guidance=4.0)
FRAMES = 6
PLACE = Placement((64, 64), (64, 64), (0, 0), (64, 64))


@pytest.fixture(scope="module")
def family(tiny_base: Base) -> Family:
    return load_family(tiny_base)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_motion(tmp_path_factory.mktemp("motion") / "tiny.safetensors", has_middle=True)


@pytest.fixture(scope="module")
def motion(file: Path) -> MotionModule:
    return open_motion_module(file)


@pytest.fixture(scope="module")
def lora(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Path:
    adapter = Adapter(family, family.lora_targets("attention_mlp"), LoraRecipe(rank=2, alpha=1.0), seed=0)
    with torch.no_grad():
        for layer in adapter.layers.values():
            layer.up.copy_(torch.randn(layer.up.shape, generator=torch.Generator().manual_seed(0)))
    path = tmp_path_factory.mktemp("lora") / "strong.safetensors"
    save_lora(path, adapter, family, {})
    adapter.detach()
    return path


def asked(family: Family, frames: int = FRAMES) -> tuple[torch.Tensor, torch.Tensor, list[Condition], list[Placement]]:
    noisy = torch.randn(frames, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    conditions = [family.encode_text("person")] * frames
    return noisy, torch.tensor(0.5, dtype=torch.float64), conditions, [PLACE] * frames


def pixels(images: list[Image.Image]) -> np.ndarray:
    return np.stack([np.asarray(image) for image in images]).astype(int)


@torch.no_grad()
def reference(family: Family, motion: MotionModule, noisy: torch.Tensor) -> torch.Tensor:
    """diffusers' own motion UNet, of copies of the same weights."""
    from diffusers.models.unets.unet_motion_model import UNetMotionModel

    kind: Any = UNetMotionModel
    unet = kind.from_unet2d(family.denoiser, motion.modules).eval()
    told = family.encode_text("person").to("cpu", family.dtype)
    more: dict[str, Any] = {}
    if family.spec.name == "sdxl":
        sizes = torch.tensor([[64.0, 64, 0, 0, 64, 64]])
        more = {"added_cond_kwargs": {"text_embeds": told["pooled"][None], "time_ids": sizes}}
    # One row of words a clip: diffusers' blocks expect as many as frames.
    context = told["context"][None].expand(len(noisy), -1, -1)
    return unet(noisy.movedim(1, 0)[None], torch.tensor(500.0), context, **more).sample[0].movedim(1, 0)


@torch.no_grad()
def test_the_unet_with_modules_hooked_in_predicts_what_diffusers_motion_unet_does(
    family: Family, motion: MotionModule
) -> None:
    noisy, *rest = asked(family)
    still = family.predict(noisy, *rest)
    with mounted(family, motion) as working:
        moved = WindowedPrediction(family, working, FRAMES)(noisy, *rest)
    assert torch.allclose(moved, reference(family, motion, noisy), atol=1e-5)
    assert (moved - still).abs().max() > 0.1
    assert torch.equal(family.predict(noisy, *rest), still)


@torch.no_grad()
def test_a_base_of_sd15_moves_as_diffusers_does(tmp_path: Path) -> None:
    family = load_family(describe_base(write_tiny_checkpoint(tmp_path / "sd15.safetensors", "sd15")))
    file = write_tiny_motion(tmp_path / "mm.ckpt", (64, 128, 128), layers=2, longest=24)
    motion, (noisy, *rest) = open_motion_module(file), asked(family)
    with mounted(family, motion) as working:
        moved = WindowedPrediction(family, working, FRAMES)(noisy, *rest)
    assert torch.allclose(moved, reference(family, motion, noisy), atol=2e-5)


@torch.no_grad()
def test_a_lora_is_as_strong_in_a_clip_whichever_was_mounted_first(
    family: Family, motion: MotionModule, lora: Path
) -> None:
    noisy, *rest = asked(family)

    def predicted() -> torch.Tensor:
        with mounted(family, motion) as working:
            return WindowedPrediction(family, working, FRAMES)(noisy, *rest)

    bare = predicted()
    on = mount_lora(family, lora, 1.0)
    after = predicted()
    on.remove()
    with mounted(family, motion) as working:
        on = mount_lora(family, lora, 1.0)
        before = WindowedPrediction(family, working, FRAMES)(noisy, *rest)
        on.remove()
    assert torch.equal(after, before) and (after - bare).abs().max() > 0.01
    assert torch.equal(predicted(), bare)


def test_frames_know_one_another_and_a_clip_is_the_same_each_time(tiny_base: Base, file: Path, lora: Path) -> None:
    generator, clip = LocalClipGenerator(tiny_base, file), Clip(shot=SHOT, frames=FRAMES)
    drawn, again = (pixels(list(generator.generate_clip(clip))) for _ in range(2))
    still = pixels(list(generator.generate(clip.shots)))
    known = pixels(list(generator.generate_clip(Clip(shot=SHOT.with_lora(Lora(path=lora)), frames=FRAMES))))
    assert np.array_equal(drawn, again) and drawn.shape == (FRAMES, 64, 64, 3)
    assert (drawn != still).any() and (drawn != known).any()
    assert np.array_equal(pixels(list(generator.generate_clip(clip))), drawn)


def test_a_published_module_is_drawn_with_the_noise_that_it_learned_with(family: Family, motion: MotionModule) -> None:
    def way(widths: tuple[int, ...]) -> torch.Tensor:
        layout = replace(motion.layout, widths=widths)
        made = drawing_steps(family, MotionModule(motion.path, layout, motion.modules))(4, 4)
        return made.from_noise(torch.ones(1))

    def deepest(betas: torch.Tensor) -> torch.Tensor:
        """sigma at timestep 751, the first of four steps that lead on from 1; diffusers begins at sqrt(sigma² + 1)."""
        kept = torch.cumprod(1 - betas, 0)[751]
        return ((1 - kept) / kept + 1).sqrt()

    roots = torch.linspace(0.00085**0.5, 0.02**0.5, 1000)
    assert way((320, 640, 1280, 1280)) == pytest.approx(float(deepest(torch.linspace(0.00085, 0.012, 1000))), rel=1e-4)
    assert way((320, 640, 1280)) == pytest.approx(float(deepest(roots**2)), rel=1e-4)
    assert way((32, 32)) == family.drawing_steps(4, 4).from_noise(torch.ones(1))


def test_frames_that_do_not_know_one_another_are_the_pictures_of_their_seeds_with_whom_an_adapter_brings(
    tiny_base: Base, tmp_path: Path
) -> None:
    """In two windows, with guidance: every row is told whose it is."""
    still = write_tiny_motion(tmp_path / "still.safetensors", moves=False)
    adapter = write_adapter(tiny_base, tmp_path / "adapter.safetensors")
    person = write_person(tmp_path / "ana.identity.safetensors", 1)
    generator, bare = LocalClipGenerator(tiny_base, still), Clip(shot=SHOT, frames=18)
    shot = replace(SHOT, attachments=(Identity(adapter=adapter, references=(person,), weight=1.0),))
    shown = Clip(shot=shot, frames=18)
    frames, pictures = pixels(list(generator.generate_clip(shown))), pixels(list(generator.generate(shown.shots)))
    assert np.abs(frames - pictures).max() <= 1
    assert np.abs(frames - pixels(list(generator.generate_clip(bare)))).max() > 20


def test_windows_cover_every_frame_and_share_frames_with_their_neighbours() -> None:
    assert windows(9, 16) == [range(9)] and windows(16, 16) == [range(16)]
    for frames in range(17, 128):
        found = windows(frames, 16)
        assert found[0].start == 0 and found[-1].stop == frames and {len(each) for each in found} == {16}
        assert all(one.stop - other.start >= 4 for one, other in zip(found, found[1:], strict=False))
    assert {len(each) for each in windows(5, 2)} == {2}


class Recorder:
    """A family that predicts each frame's first number, and keeps how many frames it was shown at once."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    def predict(self, noisy: torch.Tensor, *_: object) -> torch.Tensor:
        self.shown.append(len(noisy))
        return noisy.clone()


def test_a_long_clip_is_never_shown_whole_and_frames_alike_in_all_windows_stay_as_they_are() -> None:
    family, noisy = Recorder(), torch.randn(2 * 40, 4, 2, 2, generator=torch.Generator().manual_seed(0))
    working: Any = type("Working", (), {"longest": 24, "frames": 1})()
    predict = WindowedPrediction(family, working, 40)  # type: ignore[arg-type]
    made = predict(noisy, torch.tensor(0.5), [None] * 80, [PLACE] * 80)  # type: ignore[list-item]
    assert set(family.shown) == {16} and len(family.shown) == 2 * len(windows(40, 16))
    assert torch.allclose(made, noisy, atol=1e-6)


def test_a_module_of_another_base_is_refused_by_both_names(family: Family, tmp_path: Path, tiny_base: Base) -> None:
    wide = open_motion_module(write_tiny_motion(tmp_path / "wide.safetensors", (64, 64)))
    said = r"wide.safetensors is .* for .* 64, 64 .* which is SDXL of 32, 32"
    with pytest.raises(ModelError, match=said), mounted(family, wide):
        pass


def test_a_base_without_a_unet_cannot_be_moved(motion: MotionModule) -> None:
    flow: Any = SimpleNamespace(denoiser=torch.nn.Linear(1, 1), spec=SimpleNamespace(title="FLUX.1"))
    with pytest.raises(ModelError, match=r"tiny.safetensors moves UNets, and FLUX.1 has none"), mounted(flow, motion):
        pass


def test_what_a_clip_cannot_heed_is_refused(tiny_base: Base, file: Path, tmp_path: Path) -> None:
    shot = Shot(prompt="a", attachments=(Control(path=tmp_path / "hint.png"),))
    with pytest.raises(ModelError, match="ControlNet"):
        next(LocalClipGenerator(tiny_base, file).generate_clip(Clip(shot=shot)))


@pytest.mark.parametrize("frames", [0, 129])
def test_a_clip_of_no_frames_or_too_many_is_refused(frames: int) -> None:
    with pytest.raises(ModelError, match="1 to 128 frames"):
        Clip(shot=SHOT, frames=frames)


def test_a_frames_noise_does_not_depend_on_how_many_there_are() -> None:
    short, long = Clip(shot=SHOT, frames=8), Clip(shot=SHOT, frames=16)
    assert short.shots == long.shots[:8] and len({shot.seed for shot in long.shots}) == 16
