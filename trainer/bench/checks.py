"""`bench checks`: how often each dataset check hits what it is for, and how often it cries wolf."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from ..dataset.checks.duplicates import exact_pairs, near_pairs
from ..dataset.checks.facts import Facts
from ..dataset.checks.inspect import Header, measure
from ..dataset.checks.judge import judge
from ..dataset.checks.rules import Rules
from ..dataset.sample import Sample
from .faces import face_detectors
from .inputs.photos import photo

PICTURES = 60
ADVISORY = ("softer", "upscaled_x2", "several_faces")
"""Held to no bar. Slight softness and a twofold enlargement look like many good pictures; how many of several small
faces are found is up to the face reader, here one that was made for single drawings."""
_RULES = Rules()
_SAMPLE = Sample(path=Path("photo.png"), sha256="0" * 64, width=1024, height=1024)
_CLEAN = ("clean", "q95", "q95_png", "cropped", "mirrored")


def bench_checks(pictures: int = PICTURES) -> dict[str, Any]:
    """Hit and false-alarm rates by detector over `pictures` photos and their damaged copies."""
    rows = [_variants(photo(seed)) for seed in range(pictures)]
    usual = median(row["clean"].focus or 0.0 for row in rows)
    found = {name: [_checks(row[name], usual) for row in rows] for name in rows[0]}
    detectors = {
        "jpeg": _rates(found, "jpeg", ("q30", "q50", "q70"), (*_CLEAN, "q85")),
        "blocks": _rates(found, "blocks", ("q30_png", "q50_png", "q50_png_cropped"), (*_CLEAN, "x2", "blur_1")),
        "blur": _rates(found, "blur", ("blur_2", "blur_4"), _CLEAN),
        "softer": _rates(found, "softer", ("blur_1", "x2"), _CLEAN),
        "upscaled": _rates(found, "upscaled", ("x4",), _CLEAN),
        "upscaled_x2": _rates(found, "upscaled", ("x2",), _CLEAN),
        "exposure": _rates(found, "exposure", ("dark", "bright"), _CLEAN),
        "size": _rates(found, "size", ("small",), _CLEAN),
        "aspect": _rates(found, "aspect", ("long",), _CLEAN),
        "alpha": _rates(found, "alpha", ("see_through",), _CLEAN),
        **_copies(rows),
        **face_detectors(max(2, pictures // 6)),
    }
    for name in ADVISORY:
        detectors[name]["advisory"] = True
    return {
        "detectors": detectors,
        "pictures": pictures,
        "medians": {name: _medians([row[name] for row in rows]) for name in rows[0]},
    }


def _variants(clean: Image.Image) -> dict[str, Facts]:
    """Facts of one photo and of its copies; `_png` is what was a JPEG, saved as PNG."""
    jpegs = {f"q{quality}": _jpeg(clean, quality) for quality in (30, 50, 70, 85, 95)}
    plain: dict[str, Callable[[], Image.Image]] = {
        "clean": lambda: clean,
        "cropped": lambda: _cropped(clean),
        "mirrored": lambda: ImageOps.mirror(clean),
        "q50_png_cropped": lambda: _cropped(jpegs["q50"][0]),
        "x2": lambda: _enlarged(clean, 2),
        "x4": lambda: _enlarged(clean, 4),
        **{f"blur_{sigma}": lambda sigma=sigma: clean.filter(ImageFilter.GaussianBlur(sigma)) for sigma in (1, 2, 4)},
        "dark": lambda: clean.point([value // 20 for value in range(256)] * 3),
        "bright": lambda: clean.point([min(255, 245 + value // 10) for value in range(256)] * 3),
        "small": lambda: clean.resize((400, 400), Image.Resampling.LANCZOS),
        "long": lambda: clean.crop((0, 0, 1024, 200)),
        "half": lambda: clean.resize((512, 512), Image.Resampling.LANCZOS),
        "trimmed": lambda: clean.crop((25, 25, 999, 999)),
    }
    facts = {name: measure(image, header) for name, (image, header) in jpegs.items()}
    facts |= {f"{name}_png": replace(fact, quality=None, kind="PNG") for name, fact in list(facts.items())}
    facts |= {name: measure(make(), Header(kind="PNG")) for name, make in plain.items()}
    mask = Image.new("L", clean.size, 255)
    mask.paste(0, (0, 0, 300, 300))
    facts["see_through"] = measure(clean, Header(kind="PNG"), mask)
    return facts


def _checks(facts: Facts, usual: float) -> set[str]:
    return {finding.check for finding in judge(facts, _RULES, _SAMPLE, usual_focus=usual)}


def _rates(
    found: Mapping[str, Sequence[set[str]]], check: str, damaged: Sequence[str], clean: Sequence[str]
) -> dict[str, Any]:
    # What is blurred outright is not called softer than the rest as well.
    names = {check, "blur"} if check == "softer" else {check}
    hits = [bool(names & checks) for name in damaged for checks in found[name]]
    alarms = [bool(names & checks) for name in clean for checks in found[name]]
    return {"hit": _share(hits), "false_alarm": _share(alarms)}


def _copies(rows: Sequence[Mapping[str, Facts]]) -> dict[str, dict[str, Any]]:
    """A picture beside its own copies must be paired with each; pictures beside strangers with none."""
    kinds = {"near_copy": ("half", "q50", "q95", "trimmed"), "mirrored_copy": ("mirrored",)}
    strangers = [row["clean"] for row in rows]
    paired = {number for pair in _near(strangers) for number in (pair.one, pair.other)}
    alarm = len(paired) / len(strangers)
    rates = {
        name: {
            "hit": _share([bool(_near([row["clean"], row[copy]])) for row in rows for copy in copies]),
            "false_alarm": round(alarm, 4),
        }
        for name, copies in kinds.items()
    }
    exact = [bool(exact_pairs([row["clean"].sha256, row["see_through"].sha256])) for row in rows]
    wrong = exact_pairs([row[name].sha256 for row in rows for name in ("clean", "q95", "cropped", "mirrored")])
    return {"copy": {"hit": _share(exact), "false_alarm": round(len(wrong) / len(rows), 4)}, **rates}


def _near(facts: Sequence[Facts]) -> list[Any]:
    names = [str(number) for number in range(len(facts))]
    return list(near_pairs([fact.hash for fact in facts], [fact.mirrored for fact in facts], names))


def _medians(facts: Sequence[Facts]) -> dict[str, float | None]:
    return {name: _middle([getattr(fact, name) for fact in facts]) for name in ("blocks", "focus", "detail", "quality")}


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.median(known)), 3) if known else None


def _jpeg(image: Image.Image, quality: int) -> tuple[Image.Image, Header]:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as file:
        return file.convert("RGB"), Header.of(file)


def _cropped(image: Image.Image) -> Image.Image:
    """Three columns and five rows off: the block grid no longer starts at the corner."""
    return image.crop((3, 5, image.width, image.height))


def _enlarged(image: Image.Image, times: int) -> Image.Image:
    small = image.resize((image.width // times, image.height // times), Image.Resampling.LANCZOS)
    return small.resize(image.size, Image.Resampling.BICUBIC)


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / max(1, len(hits)), 4)
