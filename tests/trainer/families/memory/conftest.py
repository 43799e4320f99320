"""The tiny FLUX.1 that all of these use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer.families.base import Base
from trainer.families.registry import describe_base

from .sides import tiny_flux


@pytest.fixture(scope="session")
def flux(tiny_flux_home: Path) -> Iterator[Base]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMFYUI_PATH", str(tiny_flux_home))
        yield describe_base(tiny_flux(tiny_flux_home))
