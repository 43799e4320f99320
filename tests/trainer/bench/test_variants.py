"""What `bench variants` says of how sure it is."""

import pytest

from trainer.bench.variants import interval_over_seeds


def test_intervals_over_seeds_are_students() -> None:
    """Of 1, 2, 3: mean 2, deviation 1, and 4.303 for two degrees of freedom."""
    assert interval_over_seeds([1.0, 2.0, 3.0]) == pytest.approx([2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5], abs=1e-3)
    assert interval_over_seeds([1.0]) is None
