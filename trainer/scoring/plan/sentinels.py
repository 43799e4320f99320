"""Prompts for what the training pictures never show: a LoRA that learned the character draws it there too."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...dataset.coverage.coverage import Coverage, cover
from ...dataset.coverage.observe import CoverageRow, observe
from ...dataset.sample import FaceMark, Sample
from ...dataset.sample_pixels import open_sample
from ...faces.choose import choose_face
from ...faces.face import FaceReader
from .compare_plan import ComparePlan, Probe
from .scenes import Scene

_SCENES: Mapping[str, Scene] = {
    "front": Scene(words="portrait, looking at viewer", asked={"turn": "looking at viewer"}),
    "three-quarter left": Scene(words="three-quarter view, looking left", asked={"turn": "looking left"}),
    "three-quarter right": Scene(words="three-quarter view, looking right", asked={"turn": "looking right"}),
    "left profile": Scene(words="left profile", asked={"turn": "left profile"}),
    "right profile": Scene(words="right profile", asked={"turn": "right profile"}),
    "smile": Scene(words="portrait, smiling", asked={"expression": "smiling"}),
    "serious": Scene(words="portrait, serious expression", asked={"expression": "serious expression"}),
    "neutral": Scene(words="portrait, neutral expression", asked={"expression": "neutral expression"}),
    "open mouth": Scene(words="laughing, open mouth", asked={"expression": "open mouth"}),
    "eyes closed": Scene(words="portrait, eyes closed", asked={"expression": "eyes closed"}),
    "backlight": Scene(words="portrait, backlit", asked={"light": "backlit"}),
    "side light": Scene(words="portrait, light from one side", asked={"light": "light from one side"}),
    "even light": Scene(words="portrait, soft even light", asked={"light": "soft even light"}),
    "warm light": Scene(words="portrait, warm evening light", asked={"light": "warm evening light"}),
    "cool light": Scene(words="portrait, cool blue light", asked={"light": "cool blue light"}),
    "looking up": Scene(words="looking up, seen from below", asked={"turn": "looking up"}),
    "looking down": Scene(words="looking down, seen from above", asked={"turn": "looking down"}),
    "close-up": Scene(words="close-up of the face"),
    "medium": Scene(words="upper body"),
    "full body": Scene(words="full body, standing"),
}
"""The most telling first: angles and expressions before light, light before framing."""
_GARMENTS = ("green sweater", "red coat", "white shirt", "blue jacket", "black suit")
MOST = 4


def sentinel_probes(
    coverage: Coverage, trigger: str, subject: str, seeds: tuple[int, ...], most: int = MOST
) -> tuple[Probe, ...]:
    """At most `most` probes of empty buckets, and one with a garment that no picture shows."""
    empty = {bucket for axis in coverage.axes.values() for bucket in axis.empty}
    scenes = [scene for bucket, scene in _SCENES.items() if bucket in empty][:most]
    worn = " ".join(coverage.axes["outfit"].buckets) if "outfit" in coverage.axes else ""
    garment = next((each for each in _GARMENTS if each not in worn), _GARMENTS[0])
    scenes.append(Scene(words=f"wearing a {garment}", asked={"clothing": garment}))
    return tuple(
        Probe(
            kind="prompt",
            prompt=f"{trigger}, {subject}, {scene.words}",
            asked=scene.asked,
            seeds=seeds,
            sentinel=True,
        )
        for scene in scenes
    )


def with_sentinels(plan: ComparePlan, probes: Sequence[Probe]) -> ComparePlan:
    """The plan with these at its end, but for prompts that it has."""
    known = {probe.prompt for probe in plan.probes}
    return replace(plan, probes=(*plan.probes, *(probe for probe in probes if probe.prompt not in known)))


def coverage_of(samples: Sequence[Sample], faces: FaceReader | None) -> Coverage:
    """What the pictures show, their faces as marked or else as the reader finds them."""
    return cover([_row(sample, faces) for sample in samples])


def _row(sample: Sample, faces: FaceReader | None) -> CoverageRow:
    image = open_sample(sample)
    marked = sample
    if sample.face is None and faces is not None:
        face = choose_face(faces.faces(image), image.size)
        if face is not None:
            mark = FaceMark(box=face.box, reader=faces.name, yaw=face.yaw, pitch=face.pitch)
            marked = replace(sample, face=mark)
    return observe(marked, image, reader=faces.name if faces else None)
