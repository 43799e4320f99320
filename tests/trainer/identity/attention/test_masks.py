"""Masks of any size on the grid of a layer's tokens."""

import pytest
import torch

from trainer.errors import ModelError
from trainer.identity.attention.masks import on_grid


def test_a_token_has_the_mean_of_what_it_covers():
    mask = torch.zeros(4, 6)
    mask[:2, :3] = 1.0
    mask[2, 3] = 1.0
    assert torch.allclose(on_grid(mask, (2, 2)), torch.tensor([[1.0, 0.0, 0.0, 1 / 6]]))


@pytest.mark.parametrize("size", [(7, 13), (64, 96), (3, 2), (1, 1), (1024, 640)])
@pytest.mark.parametrize("grid", [(13, 9), (32, 20), (1, 1)])
def test_any_size_fills_any_grid(size: tuple[int, int], grid: tuple[int, int]):
    assert torch.equal(on_grid(torch.ones(2, *size), grid), torch.ones(2, grid[0] * grid[1]))


def test_tokens_are_in_rows_as_the_picture_is():
    mask = torch.zeros(30, 50)
    mask[:, 25:] = 1.0
    assert on_grid(mask, (3, 4)).view(3, 4).tolist() == [[0, 0, 1, 1]] * 3


def test_values_beyond_one_are_cut():
    assert on_grid(torch.tensor([[-1.0, 255.0]]), (1, 2)).tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("mask", [torch.ones(4), torch.ones(1, 1, 4, 4), torch.ones(0, 4, 4)])
def test_what_is_no_picture_is_refused(mask: torch.Tensor):
    with pytest.raises(ModelError, match="has height and width"):
        on_grid(mask, (2, 2))


def test_values_that_are_no_numbers_are_refused():
    with pytest.raises(ModelError, match="values that are no numbers"):
        on_grid(torch.full((4, 4), torch.nan), (2, 2))
