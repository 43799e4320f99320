"""The pure rules of training: buckets, order, learning rate, weights."""

import pytest
import torch

from trainer.families.noise import NoiseLevel, min_snr_weight, snr_of
from trainer.recipe.buckets import Buckets, Placement, bucket_sizes, placement
from trainer.recipe.optim import Optim, Schedule
from trainer.training.data.order import Order, stream
from trainer.training.step.schedule import lr_at


def test_buckets_of_1024_are_kohyas() -> None:
    sizes = bucket_sizes(Buckets(resolution=1024, step=64, shortest=256, longest=2048))
    assert len(sizes) == 41
    assert sizes[:4] == ((256, 2048), (320, 2048), (384, 2048), (448, 2048))
    assert {(1024, 1024), (832, 1216), (1216, 832), (896, 1152), (768, 1344)} <= set(sizes)
    assert all(width * height <= 1024**2 for width, height in sizes)


def test_buckets_of_512_are_kohyas() -> None:
    sizes = bucket_sizes(Buckets(resolution=512, step=64, shortest=256, longest=1024))
    assert len(sizes) == 17
    assert {(512, 512), (448, 576), (384, 640), (320, 768), (256, 1024)} <= set(sizes)


def test_a_picture_covers_its_bucket_and_is_cut_at_the_centre() -> None:
    assert placement((1000, 1500), Buckets()) == Placement((1000, 1500), (832, 1248), (0, 16), (832, 1216))


def test_an_exact_size_keeps_its_pixels() -> None:
    assert placement((832, 1216), Buckets()) == Placement((832, 1216), (832, 1216), (0, 0), (832, 1216))


def test_scaling_up_is_told() -> None:
    assert placement((500, 500), Buckets()).scales_up
    assert not placement((3000, 2000), Buckets()).scales_up


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (1025, 1023), (700, 701)])
def test_any_size_finds_a_place_inside_its_scaled_picture(size: tuple[int, int]) -> None:
    place = placement(size, Buckets())
    assert place.bucket[0] + place.crop[0] <= place.scaled[0]
    assert place.bucket[1] + place.crop[1] <= place.scaled[1]


def test_snr_weights_are_the_papers() -> None:
    alphas = torch.tensor([0.5, 0.9, 0.99])
    ratios = snr_of(alphas, torch.tensor([0, 1, 2]))
    assert ratios.tolist() == pytest.approx([1.0, 9.0, 99.0], rel=1e-4)
    epsilon, velocity, nothing = (
        NoiseLevel(time=torch.zeros(len(snr)), snr=snr, objective=objective)
        for snr, objective in ((ratios, "epsilon"), (ratios, "velocity"), (torch.zeros(1), "epsilon"))
    )
    assert min_snr_weight(epsilon, 5.0).tolist() == pytest.approx([1.0, 5 / 9, 5 / 99], rel=1e-4)
    assert min_snr_weight(velocity, 5.0).tolist() == pytest.approx([0.5, 0.5, 0.05], rel=1e-4)
    assert min_snr_weight(nothing, 5.0).tolist() == [1.0]


def test_lr_rises_then_falls_along_the_cosine() -> None:
    schedule = Schedule(steps=12, warmup=2)
    rates = [lr_at(update, Optim(lr=3.0e-4), schedule) for update in range(12)]
    assert rates[:3] == pytest.approx([1e-4, 2e-4, 3e-4])
    assert rates[7] == pytest.approx(1.5e-4)
    assert rates == sorted(rates[:3]) + sorted(rates[3:], reverse=True)
    assert lr_at(11, Optim(lr=1e-4), Schedule(steps=12, curve="constant")) == 1e-4


def test_an_epoch_shows_every_item_its_repeats_in_batches_of_one_bucket() -> None:
    order = Order(["a", "a", "b", "a"], [1, 2, 3, 1], batch=3, seed=5)
    batches = order.epoch(0)
    assert len(batches) == order.batches_per_epoch == 3
    assert sorted(item for batch in batches for item in batch) == [0, 1, 1, 2, 2, 2, 3]
    assert sorted(map(len, batches)) == [1, 3, 3]
    assert all(len({"aaba"[item] for item in batch}) == 1 for batch in batches)
    assert order.epoch(0) == batches != order.epoch(1)
    assert [order.at(number) for number in range(3, 6)] == order.epoch(1)


def test_a_stream_is_the_same_wherever_it_is_entered() -> None:
    whole = stream(4, 0, 12, seed=1)
    assert whole[5:9] == stream(4, 5, 4, seed=1)
    assert sorted(whole[:4]) == sorted(whole[4:8]) == [0, 1, 2, 3]
