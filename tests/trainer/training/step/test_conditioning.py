"""Conditions that stay on the device."""

import torch

from trainer.families.condition import Condition
from trainer.training.step.conditioning import OnDevice


def held(device: str, most_bytes: int) -> tuple[OnDevice, list[str]]:
    asked: list[str] = []

    def cached(caption: str) -> Condition:
        asked.append(caption)
        return Condition({"context": torch.ones(4, 2)})

    return OnDevice(cached, torch.device(device), torch.bfloat16, most_bytes), asked


def test_a_device_is_brought_each_caption_once() -> None:
    # The meta device stands for a GPU.
    conditions, asked = held("meta", 1000)
    for caption in ("a", "b", "a", "b"):
        condition = conditions.of(caption)
    assert asked == ["a", "b"]
    assert (condition["context"].device.type, condition["context"].dtype) == ("meta", torch.bfloat16)


def test_the_latest_stay_where_not_all_have_room() -> None:
    conditions, asked = held("meta", 40)
    for caption in ("a", "b", "a", "c", "a", "b"):
        conditions.of(caption)
    assert asked == ["a", "b", "c", "b"]


def test_a_processor_reads_the_cache_itself() -> None:
    conditions, asked = held("cpu", 1000)
    assert conditions.of("a")["context"].dtype == torch.float32
    conditions.of("a")
    assert asked == ["a", "a"]
