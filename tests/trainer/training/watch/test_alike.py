"""Near-duplicates are found by latents, whatever else a set has in common."""

import pytest
import torch
from torch import Tensor

from trainer.training.watch.alike import near_duplicates


@pytest.fixture
def pictures() -> list[Tensor]:
    """Eight with nothing in common but a level of each channel, smooth as latents are."""
    source = torch.Generator().manual_seed(5)
    coarse = torch.randn((8, 4, 6, 6), generator=source)
    smooth = torch.nn.functional.interpolate(coarse, size=(32, 32), mode="bilinear")
    return [each + 3.0 for each in smooth]


def test_pictures_with_only_their_level_in_common_are_no_duplicates(pictures: list[Tensor]) -> None:
    assert near_duplicates(pictures) == []


def test_the_later_of_two_is_told_that_was_moved_lightened_and_cut(pictures: list[Tensor]) -> None:
    copy = torch.nn.functional.interpolate(pictures[2][None, :, 1:-1, 1:-1], size=(32, 32), mode="bilinear")[0]
    pictures[5] = copy * 1.05 + 0.3
    assert near_duplicates(pictures) == [5]


def test_a_duplicate_in_a_bucket_of_another_size_is_found(pictures: list[Tensor]) -> None:
    pictures[7] = torch.nn.functional.interpolate(pictures[0][None], size=(40, 24), mode="bilinear")[0]
    assert near_duplicates(pictures) == [7]


def test_pictures_before_one_wall_are_no_duplicates(pictures: list[Tensor]) -> None:
    wall = 4 * torch.nn.functional.interpolate(torch.randn((1, 4, 3, 3)), size=(32, 32), mode="bilinear")[0]
    assert near_duplicates([each + wall for each in pictures]) == []


def test_three_pictures_are_too_few_to_tell(pictures: list[Tensor]) -> None:
    assert near_duplicates([pictures[0]] * 3) == []
