"""What several tests share: a tiny base, written once, and a small dataset."""

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import Sample
from trainer.families.base import Base
from trainer.families.registry import describe_base
from trainer.images.pixels import pixel_sha256

from .read_once import read_once
from .tiny_base import write_tiny_base
from .tiny_flux import write_tiny_flux, write_tokenizers
from .tiny_flux2 import write_klein_home
from .tiny_z_image import write_z_image_home

_LONGEST_FIRST = ("tests/host/", "tests/trainer/training/", "tests/trainer/demo/")
"""What begins first, so that no worker ends long after the others."""
_OF_THE_PAGE = "_page.py"


_save_png = PngImagePlugin._save  # type: ignore[reportPrivateUsage]


def _save_quickly(image: Any, file: Any, name: Any) -> None:
    """Pictures in tests are written to be read once: what says nothing of their size gets the quickest compression."""
    if not image.encoderinfo.get("optimize"):
        image.encoderinfo.setdefault("compress_level", 1)
    _save_png(image, file, name)


Image.register_save(PngImagePlugin.PngImageFile.format, _save_quickly)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(_LONGEST_FIRST) if item.nodeid.startswith(start)), len(_LONGEST_FIRST))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """What the imports made lives as long as the process: the collector need not walk it again and again."""
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file goes to whichever worker is free, since its tests share fixtures.

    Those that drive ComfyUI go in two parts, its page and the rest: each worker that gets one starts a host of its own.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if not file.startswith("tests/host/"):
                return file
            return "the page" if file.endswith(_OF_THE_PAGE) else "the host"

    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.fixture
def no_dlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without the packages of dlib: of the readers of photographs it alone needs no file."""
    monkeypatch.setattr("trainer.faces.readers.dlib.find_spec", lambda _: None)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A random SDXL base of a few hundred thousand weights."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    read_once([UNet2DConditionModel, AutoencoderKL, CLIPTextModel, CLIPTextModelWithProjection])
    return describe_base(write_tiny_base(tmp_path_factory.mktemp("base") / "tiny"))


@pytest.fixture
def tiny_dataset(tmp_path: Path) -> Dataset:
    """Three training pictures and two held-out ones of coloured noise, 64 px, one of them wide."""
    return write_tiny_dataset(tmp_path / "pictures")


def one_held_out(dataset: Dataset) -> Dataset:
    """Without the others held out, each of which is measured again whenever a run begins or ends."""
    return dataset.with_samples((*dataset.train, dataset.held_out[0]))


def write_tiny_dataset(folder: Path, sizes: tuple[tuple[int, int], ...] = ((64, 64), (100, 64), (64, 64))) -> Dataset:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    samples: list[Sample] = []
    for number, (width, height) in enumerate((*sizes, (64, 64), (64, 64))):
        path = folder / f"{number:03d}.png"
        image = Image.fromarray(rng.integers(0, 255, (height, width, 3), np.uint8))
        image.save(path)
        samples.append(
            Sample(
                path=path,
                sha256=pixel_sha256(image),
                width=width,
                height=height,
                caption=f"sage_character, person, {('red', 'blue', 'green')[number % 3]} background",
                split="train" if number < len(sizes) else "held_out",
            )
        )
    return Dataset(samples=tuple(samples), trigger="sage_character", subject="person", root=folder)


@pytest.fixture(scope="session")
def tiny_flux_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ComfyUI of tokenizers alone, and in its `models` a random FLUX.1 in ComfyUI's files."""
    home = write_tokenizers(tmp_path_factory.mktemp("flux"))
    write_tiny_flux(home / "models")
    return home


@pytest.fixture(scope="session")
def tiny_z_image_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ComfyUI of a tokenizer alone, and in its `models` a random Z-Image in ComfyUI's files."""
    return write_z_image_home(tmp_path_factory.mktemp("z_image"))


@pytest.fixture(scope="session")
def tiny_klein_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ComfyUI of a tokenizer alone, and in its `models` a random FLUX.2 klein in ComfyUI's files."""
    return write_klein_home(tmp_path_factory.mktemp("klein"))
