"""The benches on a handful of pictures: their keys, and that what they plant is found."""

import pytest

from trainer.bench.checks import bench_checks
from trainer.bench.dataset import bench_dataset, near_duplicate_seconds


def test_every_detector_is_rated_and_only_named_ones_are_advisory() -> None:
    detectors = bench_checks(2)["detectors"]
    assert {"jpeg", "blocks", "blur", "upscaled", "exposure", "copy", "near_copy", "mirrored_copy"} <= set(detectors)
    assert all({"hit", "false_alarm"} <= set(rates) for rates in detectors.values())
    assert {name for name, rates in detectors.items() if rates.get("advisory")} == {
        "softer",
        "upscaled_x2",
        "several_faces",
    }
    assert detectors["jpeg"]["hit"] == detectors["copy"]["hit"] == 1.0


@pytest.mark.slow
def test_speed_and_memory_are_measured_in_a_process_of_their_own() -> None:
    figures = bench_dataset((4, 8))
    assert figures["counts"] == [4, 8]
    assert 20 < figures["peak_mb_1k"] < 600 and figures["images_per_second_per_core"] > 0
    assert figures["checks_over_decode"] > 1


def test_planted_copies_are_found_among_thousands() -> None:
    assert near_duplicate_seconds(1000) < 10
