"""The formulas: what noise, steady change, movement and flicker of known size give."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.errors import DatasetError
from trainer.scoring.motion import series
from trainer.scoring.motion.frames import read_frames
from trainer.scoring.motion.light import calmed, flicker_energy, luminance, movement
from trainer.scoring.motion.seen import ClipSeen

RNG = np.random.default_rng(4)
TEXTURE = np.kron(RNG.uniform(0, 255, (16, 32)), np.ones((8, 8))).astype(np.float32)


def panned(by: int) -> np.ndarray:
    return TEXTURE[16:112, by : by + 96]


def test_steady_movement_within_reach_is_no_flicker_and_a_faster_one_is() -> None:
    assert flicker_energy(panned(10), panned(13), panned(16)) == pytest.approx(0, abs=1e-6)
    assert flicker_energy(panned(0), panned(30), panned(60)) > 500


def test_a_fade_is_no_flicker_and_a_frame_that_turns_back_is_by_its_depth() -> None:
    flat = np.full((96, 96), 100.0, np.float32)
    assert flicker_energy(flat, flat + 20, flat + 40) == 0
    assert flicker_energy(flat, flat - 20, flat) == pytest.approx(400)
    assert flicker_energy(flat, flat - 20, flat - 5) == pytest.approx(225)


def calm(frames: np.ndarray) -> np.ndarray:
    return np.stack([calmed(*three) for three in zip(frames, frames[1:], frames[2:], strict=False)])


def test_what_goes_to_and_fro_is_no_movement() -> None:
    frame = panned(0)
    to_and_fro = np.stack([frame, 255 - frame] * 8)
    moving = np.stack([panned(step) for step in range(16)])
    assert movement(calm(to_and_fro)).mean() == pytest.approx(0, abs=1e-6)
    assert 0.2 < movement(calm(moving)).mean() < 1
    assert movement(calm(np.stack([frame] * 8))).max() == pytest.approx(0, abs=1e-9)


def test_brightness_is_read_at_one_size_whatever_the_pictures() -> None:
    for size in ((512, 512), (48, 48), (512, 256), (31, 97)):
        assert min(luminance(Image.new("RGB", size, (255, 255, 255))).shape) == 96


def seen(faces: np.ndarray) -> ClipSeen:
    nothing = np.full(len(faces), np.nan)
    return ClipSeen(
        name="a",
        likeness=nothing,
        faces=tuple(faces),
        yaw=nothing,
        flickers=np.zeros(1),
        moves=np.zeros(1),
        tiles={},
    )


def test_a_face_that_changes_steadily_jumps_by_nothing_and_noise_by_its_own_variance() -> None:
    steady = np.linspace(0, 1, 40)[:, None] * np.ones(5)
    noise = np.random.default_rng(0).normal(0, 0.3, (4000, 5))
    assert seen(steady).jumps == pytest.approx(0, abs=1e-12)
    assert seen(noise).jumps.mean() == pytest.approx(5 * 0.3**2, rel=0.03)


def autocorrelated(rng: np.random.Generator, count: int, memory: float) -> np.ndarray:
    made, value = [], rng.normal() / np.sqrt(1 - memory**2)
    for _ in range(count):
        value = memory * value + rng.normal()
        made.append(value)
    return np.array(made)


@pytest.mark.parametrize(("frames", "memory", "least"), [(16, 0.0, 0.95), (16, 0.6, 0.86), (64, 0.6, 0.88)])
def test_intervals_of_neighbours_that_resemble_one_another_hold_the_truth_more_often_than_by_single_frames(
    frames: int, memory: float, least: float
) -> None:
    rng = np.random.default_rng(1)
    rows = [autocorrelated(rng, frames, memory) for _ in range(150)]
    blocks = [series.mean([row]) for row in rows]
    alone = [np.percentile(row[rng.integers(frames, size=(500, frames))].mean(axis=1), (2.5, 97.5)) for row in rows]
    held = np.mean([one is not None and one.low <= 0 <= one.high for one in blocks])
    assert held >= least and held > np.mean([low <= 0 <= high for low, high in alone]) + 0.4 * memory


def test_the_slope_of_a_line_in_noise_is_found_and_noise_has_none() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.05, 32)
    falling = series.slope([noise - np.linspace(0, 0.5, 32)])
    level = series.slope([noise])
    assert falling is not None and falling.low < -0.5 < falling.high < -0.4
    assert level is not None and level.low < 0 < level.high


def test_frames_without_a_face_leave_slope_and_mean_as_they_are() -> None:
    row = np.linspace(0, 1, 33)
    holed = row.copy()
    holed[5:9] = np.nan
    found = series.slope([holed])
    assert found is not None and found.value == pytest.approx(1) and found.count == 29
    assert series.mean([np.full(4, np.nan)]) is None and series.slope([holed[:2]]) is None
    assert series.difference([row], []) is None


def test_frames_are_read_from_folders_in_the_order_of_their_numbers_and_from_animations(tmp_path: Path) -> None:
    colours = [(step * 20, 0, 0) for step in range(12)]
    pictures = [Image.new("RGB", (16, 16), colour) for colour in colours]
    for number, one in enumerate(pictures):
        one.save(tmp_path / f"frame_{number}.png")
    pictures[0].save(tmp_path / "clip.gif", save_all=True, append_images=pictures[1:], duration=80)
    pictures[0].save(tmp_path / "clip.webp", save_all=True, append_images=pictures[1:], lossless=True)
    folder = tmp_path / "frames"
    folder.mkdir()
    for file in tmp_path.glob("frame_*.png"):
        file.rename(folder / file.name)
    for path in (folder, tmp_path / "clip.gif", tmp_path / "clip.webp"):
        frames = read_frames(path)
        assert frames.count == 12
        assert [one.getpixel((3, 3))[0] for one in frames] == pytest.approx([red for red, *_ in colours], abs=2)  # type: ignore[index]


def test_what_is_no_clip_is_refused_with_what_to_give(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    with pytest.raises(DatasetError, match="save the video's frames"):
        read_frames(tmp_path / "a.mp4")
    with pytest.raises(DatasetError, match="cannot be opened as a clip"):
        read_frames(tmp_path / "a.gif")
