"""Clips of the graph checked: wired as frames, in lists, or sampled here as KSampler would; shown and handed on."""

import json
import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.fakes import CHARACTER, FakeReader, mixed, picture

from ..fake_host import ExecutionBlocker, FakeHost, Interrupted, stands_for

Pack = Callable[[str], Any]
STRANGER = np.array([-0.7, 0.6, 0.3])


def images(faces: Sequence[np.ndarray | None]) -> torch.Tensor:
    """Each with the small block a little farther on."""
    made = [picture(face, block=(number % 10, 0)) for number, face in enumerate(faces)]
    return torch.from_numpy(np.stack([np.asarray(one, np.float32) / 255 for one in made]))


KNOWN = images([mixed(CHARACTER, STRANGER, part) for part in (0.0, 0.05, 0.1)])
STEADY = images([CHARACTER] * 10)
LEAVING = images([mixed(CHARACTER, STRANGER, part) for part in np.linspace(0, 1, 10)])


@pytest.fixture
def check(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    module = pack("nodes.use.check_motion")
    monkeypatch.setattr(module, "reader_of", lambda _: FakeReader())

    def run(*frames: torch.Tensor, **given: Any) -> Any:
        more = {"reference_images": [KNOWN], **given}
        return module.CheckMotion.execute(frames=list(frames) or None, reader=["auto"], **more)

    return run


def test_a_clip_is_told_in_words_figures_a_strip_and_numbers(check: Any) -> None:
    made = check(LEAVING)
    report, figures, strip, verdict, likeness, drift, flicker, light, movement, frames = made.args
    assert "drifts" in verdict and report.lower().startswith(verdict) and made.ui["text"] == (report,)
    assert drift < -0.5 and likeness < 0.8 and light >= 0 and movement >= 0 and flicker >= 0
    assert strip.shape[0] == 1 and strip.shape[2] > 1000 and made.ui["images"]
    assert len(json.loads(figures)["likeness"][0]) == 10
    assert isinstance(frames, ExecutionBlocker) and "wired in" in frames.message


def test_a_list_of_single_frames_is_one_clip_and_a_list_of_clips_is_several(check: Any) -> None:
    one = json.loads(check(*STEADY.split(1)).args[1])
    several = json.loads(check(STEADY, LEAVING).args[1])
    assert (one["clip"]["clips"], one["clip"]["frames"]) == (1, 10)
    assert (several["clip"]["clips"], several["clip"]["frames"]) == (2, 20)


def test_what_is_not_measured_is_no_number(check: Any) -> None:
    made = check(images([None] * 8))
    assert made.args[3].startswith("loses the face") and all(map(math.isnan, made.args[4:7]))


def test_the_clip_without_the_lora_is_held_against_it(check: Any) -> None:
    assert "The LoRA adds" in check(STEADY, without_lora=[images([STRANGER] * 10)]).args[0]


def test_a_datasets_held_out_pictures_are_its_references(pack: Pack, check: Any, monkeypatch: Any) -> None:
    opened: list[str] = []

    def open_sample(sample: str) -> Any:
        opened.append(sample)
        return picture(CHARACTER)

    monkeypatch.setattr(pack("trainer.dataset.sample_pixels"), "open_sample", open_sample)
    sage = stands_for("trainer.dataset.dataset", "Dataset", held_out=("a", "b"), samples=("a", "b", "c"))
    check(STEADY, references=[sage], reference_images=None)
    assert opened == ["a", "b"]


def parts(frames: int = 10) -> dict[str, list[Any]]:
    form = SimpleNamespace(latent_channels=4, spacial_downscale_ratio=8, latent_dimensions=2)
    model = SimpleNamespace(get_model_object=lambda name: form if name == "latent_format" else None)
    text = SimpleNamespace(tokenize=lambda words: words, encode_from_tokens_scheduled=lambda words: [[words, {}]])
    vae = SimpleNamespace(decode=lambda latent: STEADY[: len(latent)][None])
    latent = {"samples": torch.zeros(frames, 4, 6, 6)}
    return {"model": [model], "clip": [text], "vae": [vae], "latent": [latent]}


def test_a_model_with_motion_is_sampled_as_ksampler_would_with_and_without_the_lora(
    pack: Pack, check: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []

    def sample(model: Any, noise: torch.Tensor, *rest: Any, **options: Any) -> torch.Tensor:
        asked.append((model, noise, rest, options))
        return noise

    monkeypatch.setattr(pack("nodes.host.clip").comfy.sample, "sample", sample)
    bare, sampling = parts()["model"], {"prompt": ["sage turns"], "negative": ["blur"], "seed": [5], "steps": [9]}
    made = check(**parts(), model_without_lora=bare, **sampling, cfg=[3.0], sampler=["dpmpp_2m"], scheduler=["karras"])
    (_, noise, rest, options), (other, same, *_) = asked
    assert rest[:4] == (9, 3.0, "dpmpp_2m", "karras") and rest[4:6] == ([["sage turns", {}]], [["blur", {}]])
    assert options["seed"] == 5 and noise.shape == (10, 4, 6, 6) and other is bare[0] and torch.equal(same, noise)
    assert made.args[-1].shape == (10, 48, 48, 3) and "without the LoRA" in made.args[0]


def test_a_prompt_that_names_no_sampling_is_drawn_by_the_widgets_defaults(check: Any) -> None:
    assert json.loads(check(**parts()).args[1])["clip"]["frames"] == 10


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "There is no clip to check"),
        ({"model": [object()], "vae": [object()]}, r"\(clip, latent not wired\)"),
        ({"frames": [STEADY], "model": [object()]}, "not both"),
    ],
)
def test_neither_frames_nor_a_whole_model_or_both_is_refused(
    pack: Pack, check: Any, given: dict[str, Any], said: str
) -> None:
    frames = given.pop("frames", [])
    with pytest.raises(pack("trainer.errors").LikenessError, match=said):
        check(*frames, **given)


def test_single_frames_of_two_sizes_are_refused(pack: Pack, check: Any) -> None:
    with pytest.raises(pack("trainer.errors").LikenessError, match="differ in size"):
        check(*STEADY.split(1), torch.zeros(1, 64, 48, 3))


def test_a_cancel_stops_between_frames(fake_host: FakeHost, check: Any) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        check(STEADY)
