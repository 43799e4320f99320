"""Light told from the picture: plain light is not spoken of, what stands out is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.captions.prose.light import lighting_words
from trainer.captions.rules.apply import apply_rules
from trainer.captions.rules.caption_rules import CaptionRules
from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import FaceMark, Sample
from trainer.errors import Cancelled
from trainer.images.pixels import pixel_sha256

FACE = (40.0, 30.0, 88.0, 94.0)


def sample(folder: Path, name: str, pixels: np.ndarray, *, face: bool = True) -> Sample:
    image = Image.fromarray(pixels.astype(np.uint8))
    path = folder / f"{name}.png"
    image.save(path)
    mark = FaceMark(box=FACE, reader="fake") if face else None
    return Sample(path=path, sha256=pixel_sha256(image), width=128, height=128, face=mark, caption="x", author="vlm")


def flat(luma: float) -> np.ndarray:
    return np.full((128, 128, 3), (luma * 1.1, luma, luma * 0.8))


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    lit = flat(130)
    lit[:, :64] *= 0.5
    backlit = np.full((128, 128, 3), 230.0)
    backlit[30:94, 40:88] = (66, 60, 48)
    on_white = np.full((128, 128, 3), 255.0)
    on_white[20:, 40:80] = 60
    plain = [sample(tmp_path, f"plain{n}", flat(128 + n)) for n in range(5)]
    others = [
        sample(tmp_path, "side", lit),
        sample(tmp_path, "back", backlit),
        sample(tmp_path, "night", flat(30), face=False),
        sample(tmp_path, "bright", flat(230), face=False),
        sample(tmp_path, "day", flat(131), face=False),
        sample(tmp_path, "on_white", on_white, face=False),
        sample(tmp_path, "on_black", 255 - on_white, face=False),
    ]
    return Dataset(samples=(*plain, *others), trigger="sage_character", subject="woman", root=tmp_path)


def test_what_stands_out_is_said_and_plain_light_is_not(dataset: Dataset):
    words = lighting_words(dataset)
    plain = {*(f"plain{n}" for n in range(5)), "day", "on_white", "on_black"}
    said = {one.path.stem: words.get(one.sha256) for one in dataset.samples}
    assert {name for name, word in said.items() if word is None} == plain
    assert (said["side"], said["back"]) == ("side lighting", "backlighting")
    assert (said["night"], said["bright"]) == ("dim lighting", "bright lighting")


def test_only_captions_that_are_silent_on_light_get_it(dataset: Dataset):
    words = lighting_words(dataset)
    captions = ("standing, indoors", "standing, sunlight")
    pairs = tuple(
        replace(one, caption=text, raw=text) for one, text in zip(dataset.samples[5:7], captions, strict=True)
    )
    ruled = apply_rules(dataset.with_samples(pairs), CaptionRules(), lighting=words)
    assert [one.caption for one in ruled.dataset.samples] == [
        "sage_character, woman, standing, indoors, side lighting",
        "sage_character, woman, standing, sunlight",
    ]


def test_a_picture_that_cannot_be_read_stays_without_a_word(dataset: Dataset):
    dataset.samples[5].path.write_bytes(b"no picture")
    assert dataset.samples[5].sha256 not in lighting_words(dataset)


def test_cancel_is_noticed_between_pictures(dataset: Dataset):
    seen: list[int] = []
    with pytest.raises(Cancelled):
        lighting_words(dataset, progress=lambda done, total, name: seen.append(done), cancelled=lambda: len(seen) == 2)
    assert seen == [1, 2]
