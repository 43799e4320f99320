"""The most memory of a stretch of work."""

import sys

import pytest
import torch

from trainer.runtime.peak import Peak


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells and forgets it")
def test_a_stretch_counts_what_was_held_in_it_alone() -> None:
    peak = Peak("cpu")
    held = torch.ones(64 * 2**18)
    del held
    most = peak.figures()
    assert most["above"] is not None and most["above"] >= 60
    peak.begin()
    again = peak.figures()
    assert again["peak"] is not None and most["peak"] is not None
    assert again["peak"] <= most["peak"] - 60
