"""Rates of the checks that need faces, on the demo's drawings: the rules are measured, not a reader of photographs."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..dataset.checks.faces import count_faces
from ..demo.characters.character import balanced_looks, character
from ..demo.reader import DemoReader
from ..demo.world.draw import draw
from ..faces.choose import FaceChoice, choose_face
from ..faces.face import Face
from ..faces.frequent import choice_over
from ..faces.outliers import FaceEmbedding, outlier_scores

_SET = 15


def face_detectors(sets: int) -> dict[str, dict[str, Any]]:
    """`sets` of 15 drawings of one character with a stranger in each, the drawings in pairs, and grounds alone."""
    reader = DemoReader(Path(__file__).parents[1] / "demo" / "assets")
    odd: list[bool] = []
    wrong: list[bool] = []
    counts: dict[str, list[int]] = {"none": [], "one": [], "two": []}
    for number in range(sets):
        own, stranger = _drawings(number, _SET), _drawings(number + sets, 1)
        faces = [reader.faces(image) for image in (*own, *stranger)]
        found = outlier_scores([_portrait(some) for some in faces], reader.same_person, reader.metric)
        odd.append(found[-1].is_outlier)
        wrong += [one.is_outlier for one in found[:-1]]
        counts["one"] += [_count(some) for some in faces]
        counts["two"] += [_count(reader.faces(_side_by_side(own[n], own[n + 1]))) for n in range(0, _SET - 1, 4)]
        counts["none"] += [_count(reader.faces(_ground(own[n]))) for n in range(0, _SET, 4)]
    return {
        "odd_one_out": _rates(odd, wrong, reader.name),
        "no_face": _rates([n == 0 for n in counts["none"]], [n == 0 for n in counts["one"]], reader.name),
        "right_face": _rates(*_right_faces(reader, sets), reader.name),
        "several_faces": _rates([n > 1 for n in counts["two"]], [n > 1 for n in counts["one"]], reader.name),
    }


def _right_faces(reader: DemoReader, sets: int) -> tuple[list[bool], list[bool]]:
    """Of sets in which every third picture shows a larger stranger too: whether the crop's face is the character's, and
    whether it is a stranger's where the character is alone."""
    hits: list[bool] = []
    alarms: list[bool] = []
    for number in range(sets):
        own = _drawings(number, _SET)
        strangers = [_drawings(number + sets * (2 + place), 1)[0] for place in range(0, _SET, 3)]
        pages = [_side_by_side(*pair) for pair in zip(map(_smaller, own[::3]), strangers, strict=True)]
        seen = [reader.faces(image) for image in (*pages, *(one for n, one in enumerate(own) if n % 3))]
        how = choice_over(seen, reader.same_person, reader.metric)
        right = [_is_left(reader.faces(page), page, how) for page in pages]
        hits += [one for one in right if one is not None]
        alarms += [choose_face(faces, (1, 1), how) is not faces[0] for faces in seen[len(pages) :] if faces]
    return hits, alarms


def _is_left(faces: list[Face], page: Image.Image, how: FaceChoice) -> bool | None:
    """Whether the face chosen lies in the left half; None where not both people were found."""
    middles = [(face.box[0] + face.box[2]) / 2 < page.width / 2 for face in faces]
    chosen = choose_face(faces, page.size, how)
    if chosen is None or len(set(middles)) < 2:
        return None
    return (chosen.box[0] + chosen.box[2]) / 2 < page.width / 2


def _smaller(image: Image.Image) -> Image.Image:
    """At three quarters of its size, on a page as high."""
    page = Image.new("RGB", image.size, image.getpixel((2, 2)))
    small = image.resize((image.width * 3 // 4, image.height * 3 // 4), Image.Resampling.LANCZOS)
    page.paste(small, (image.width // 8, image.height // 4))
    return page


def _drawings(number: int, count: int) -> list[Image.Image]:
    rng = np.random.default_rng([31, number])
    return [draw(character(number), look, rng).image for look in balanced_looks(count, rng)]


def _portrait(faces: list[Face]) -> FaceEmbedding | None:
    return FaceEmbedding(embedding=faces[0].embedding, yaw=faces[0].yaw, pitch=faces[0].pitch) if faces else None


def _count(faces: list[Face]) -> int:
    return count_faces([face.height for face in faces])


def _side_by_side(one: Image.Image, other: Image.Image) -> Image.Image:
    page = Image.new("RGB", (one.width + other.width, one.height))
    page.paste(one, (0, 0))
    page.paste(other, (one.width, 0))
    return page


def _ground(image: Image.Image) -> Image.Image:
    """The top corner alone, where no face reaches."""
    side = image.width // 6
    return image.crop((0, 0, side, side)).resize(image.size, Image.Resampling.BILINEAR)


def _rates(hits: list[bool], alarms: list[bool], reader: str) -> dict[str, Any]:
    hit, alarm = sum(hits) / max(1, len(hits)), sum(alarms) / max(1, len(alarms))
    return {"hit": round(hit, 4), "false_alarm": round(alarm, 4), "by": reader}
