"""Skeletons for pose ControlNets."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from trainer.augment.fill.pose import pose_for


def test_left_and_right_are_mirror_images_but_for_colours() -> None:
    left, right = (pose_for("angle", f"{side} profile", (256, 384)) for side in ("left", "right"))
    assert left is not None and right is not None
    drawn = [np.asarray(image.convert("L")) > 0 for image in (ImageOps.mirror(left), right)]
    assert (drawn[0] ^ drawn[1]).mean() < 0.02


def test_a_profile_hides_the_far_ear_and_looks_to_its_side() -> None:
    left = pose_for("angle", "left profile", (512, 512))
    assert left is not None
    nose, near = _places(left, (255, 0, 0)), _places(left, (255, 0, 85))
    assert not len(_places(left, (255, 0, 170))), "the ear of the picture's left is behind the head"
    assert nose[:, 0].mean() < near[:, 0].mean() < 300


@pytest.mark.parametrize(
    ("bucket", "least", "most"), [("close-up", 0.35, 1), ("medium", 0.12, 0.35), ("full body", 0, 0.12)]
)
def test_faces_are_as_large_as_the_framing_asks(bucket: str, least: float, most: float) -> None:
    image = pose_for("framing", bucket, (400, 600))
    assert image is not None
    ears = np.concatenate([_places(image, colour) for colour in ((255, 0, 170), (255, 0, 85))])
    head = np.ptp(ears[:, 0]) / 0.68
    assert least < 0.75 * head / 600 < most


def test_other_views_have_no_pose() -> None:
    assert pose_for("expression", "smile", (256, 256)) is None
    assert pose_for("lighting", "backlight", (256, 256)) is None


def _places(image: Image.Image, colour: tuple[int, int, int]) -> np.ndarray:
    rows, columns = np.nonzero((np.asarray(image) == colour).all(axis=-1))
    return np.stack([columns, rows], axis=1)
