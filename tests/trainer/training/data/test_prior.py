"""Prior pictures: their prompts, their names on disk, and that each is drawn once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import write_tiny_dataset
from trainer.families.flux.spec import FLUX1, FLUX1_SCHNELL
from trainer.families.sd.spec import SDXL
from trainer.families.spec import FamilySpec
from trainer.generate.attachments import Attachment
from trainer.generate.shot import Shot
from trainer.images.pixels import load_rgb, pixel_sha256
from trainer.recipe.buckets import Placement
from trainer.training.data.prior import draw_prior, prior_key, prior_shots, without_trigger


def test_prior_prompts_name_the_class_and_never_the_trigger(tmp_path) -> None:
    dataset = write_tiny_dataset(tmp_path)
    assert without_trigger("sage_character, red hoodie", dataset) == "person, red hoodie"
    assert without_trigger("photo of sage_character person smiling", dataset) == "photo of person smiling"
    assert without_trigger("sage_character", dataset) == "person"
    places = [Placement((64, 64), (64, 64), (0, 0), (64, 64))] * 3
    shots = prior_shots(8, 0, dataset, places, SDXL)
    prompts = [shot.prompt for shot in shots]
    assert prompts[0] == prompts[4] == "person"
    assert prompts[1] == "person, blue background"
    assert not any("sage_character" in prompt for prompt in prompts)
    assert len({prior_key("base", shot) for shot in shots}) == 8


@pytest.mark.parametrize(("spec", "steps", "guidance"), [(SDXL, 20, 5.0), (FLUX1, 20, 3.5), (FLUX1_SCHNELL, 4, 1.0)])
def test_prior_pictures_are_drawn_as_the_family_usually_is(
    tmp_path: Path, spec: FamilySpec, steps: int, guidance: float
) -> None:
    places = [Placement((64, 64), (64, 64), (0, 0), (64, 64))] * 3
    shots = prior_shots(2, 0, write_tiny_dataset(tmp_path), places, spec)
    assert {(shot.steps, shot.guidance) for shot in shots} == {(steps, guidance)}


def test_prior_pictures_of_earlier_versions_keep_their_names() -> None:
    """A run folder written at e4ace70 called this picture so; another name would draw its priors anew."""
    assert prior_key("base", Shot(prompt="person", seed=3, width=64, height=96)) == "d39868876940832b4084809911a82d3a"


@dataclass
class Numbered:
    """Draws the seed as a shade."""

    drawn: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    supports: frozenset[type[Attachment]] = frozenset()

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for shot in shots:
            self.drawn.append((shot.width, shot.seed))
            yield Image.new("RGB", (shot.width, shot.height), (shot.seed, 0, 0))


def test_prior_pictures_on_disk_are_not_drawn_again_and_the_others_by_size(tmp_path: Path) -> None:
    shots = [Shot(prompt="person", seed=seed, width=width, height=8) for seed, width in enumerate((16, 8, 16, 8))]
    first, rest = Numbered(), Numbered()
    list(draw_prior(shots[:2], first, tmp_path, "base"))
    got = {picture.request.what: (path, picture) for path, picture in draw_prior(shots, rest, tmp_path, "base")}
    assert first.drawn == [(8, 1), (16, 0)] and rest.drawn == [(8, 3), (16, 2)]
    assert sorted(number for number, (_, picture) in got.items() if picture.is_new) == [2, 3]
    for number, (path, picture) in got.items():
        assert path == tmp_path / f"{prior_key('base', shots[number])}.png"
        assert picture.kept.sha256 == pixel_sha256(load_rgb(path))
        assert picture.image.getpixel((0, 0)) == (number, 0, 0)
