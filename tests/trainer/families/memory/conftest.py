"""The tiny bases that all of these use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tiny_checkpoint import write_tiny_checkpoint
from trainer.families.base import Base
from trainer.families.registry import describe_base

from .sides import tiny_flux


@pytest.fixture(scope="session")
def flux(tiny_flux_home: Path) -> Iterator[Base]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMFYUI_PATH", str(tiny_flux_home))
        yield describe_base(tiny_flux(tiny_flux_home))


@pytest.fixture(scope="session", params=["sdxl", "sd15"])
def unet_base(request: pytest.FixtureRequest, tiny_base: Base, tmp_path_factory: pytest.TempPathFactory) -> Base:
    """SDXL in a folder of diffusers, and SD 1.5 in a checkpoint file."""
    if request.param == "sdxl":
        return tiny_base
    return describe_base(write_tiny_checkpoint(tmp_path_factory.mktemp("sd15") / "tiny.safetensors", "sd15", rows=64))
