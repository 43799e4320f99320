"""`bench captions`: captions ruled a second, what pruning removes, and tagging beside the usual way of tagging."""

import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from ..captions.captioners.tagger_files import TaggerFiles
from ..captions.captioners.wd14 import Wd14
from ..captions.rules.apply import apply_rules
from ..captions.rules.caption_rules import CaptionRules
from ..dataset.dataset import Dataset
from ..dataset.sample import Sample
from .inputs.random_tagger import TaggerSize, write_random_tagger
from .prose import prose_figures
from .pruning import pruning_figures

_TIMES = 3
_PICTURES = 16
_SIDE = 1024
_CAPTIONS = 4000
# What captioners say of the same character on every picture, and how much else of each.
_OWN_TAGS = ("1girl", "solo", "long_hair", "brown_hair", "green_eyes", "freckles")
_OWN_SENTENCE = "A young woman with long auburn hair, green eyes and freckles stands in the picture."
_TAGS, _SENTENCES = 19, 3
# Light to run and heavy to open, as real taggers are on a GPU; with 137 MB a third of the smallest WD tagger v3.
_SIZE = TaggerSize(general=8000, character=2500, hidden=2048, layers=3, bias=-5.0)


def bench_captions() -> dict[str, Any]:
    """Rules on tag lists and on sentences; pruning on the labelled lists; tagging in one session and in one a picture.

    `rules_per_second` is of the slower of the two kinds of caption, each unlike any other, when their words were met
    before, as when rules are applied again; `rules_per_second_first` is of the very first time.
    """
    tags, sentences = _rules_per_second(_tag_list), _rules_per_second(_description)
    with tempfile.TemporaryDirectory() as scratch:
        files = write_random_tagger(Path(scratch) / "tagger", _SIZE)
        pictures = [_picture(number) for number in range(_PICTURES)]
        ours = _PICTURES / _quickest(lambda: _in_one_session(files, pictures))
        usual = _PICTURES / _quickest(lambda: _a_session_each(files, pictures))
    return {
        "rules_per_second": round(min(tags[-1], sentences[-1])),
        "rules_per_second_tags": round(tags[-1]),
        "rules_per_second_sentences": round(sentences[-1]),
        "rules_per_second_first": round(min(tags[0], sentences[0])),
        **pruning_figures(),
        **prose_figures(),
        "tagger_speedup": round(ours / usual, 2),
        "tagger_pictures_per_second": round(ours, 1),
        "tagger_pictures_per_second_usual": round(usual, 1),
    }


def _in_one_session(files: TaggerFiles, pictures: list[Image.Image]) -> None:
    with Wd14(files=files) as tagger:
        tagger.caption(pictures)


def _a_session_each(files: TaggerFiles, pictures: list[Image.Image]) -> None:
    """As ComfyUI-WD14-Tagger works: the network is opened and its words are read for every picture."""
    for picture in pictures:
        with Wd14(files=files, batch=1) as tagger:
            tagger.caption([picture])


def _rules_per_second(caption: Callable[[Random], dict[str, Any]]) -> tuple[float, float]:
    """Of the first time, and of the quickest after it."""
    draw = Random(0)
    samples = tuple(
        Sample(path=Path(f"{number}.png"), sha256=f"{number:064x}", width=_SIDE, height=_SIDE, **caption(draw))
        for number in range(_CAPTIONS)
    )
    dataset = Dataset(samples=samples, trigger="sage_character", subject="woman", root=Path())
    first, *again = _seconds(lambda: apply_rules(dataset, CaptionRules()), 1 + _TIMES)
    return _CAPTIONS / first, _CAPTIONS / min(again)


def _tag_list(draw: Random) -> dict[str, Any]:
    tags = (*_OWN_TAGS, *draw.sample(_listed("pruning_tags.tsv"), _TAGS))
    return {"raw": ", ".join(tag.replace("_", " ") for tag in tags), "tags": tags, "author": "tagger"}


def _description(draw: Random) -> dict[str, Any]:
    sentences = draw.sample(_listed("pruning_sentences.tsv"), _SENTENCES)
    return {"raw": " ".join([_OWN_SENTENCE, *sentences]), "author": "vlm"}


@cache
def _listed(name: str) -> list[str]:
    rows = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [row.partition("\t")[0] for row in rows]


def _picture(number: int) -> Image.Image:
    draw = np.random.default_rng(number)
    coarse = draw.integers(0, 256, (_SIDE // 16, _SIDE // 16, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)


def _quickest(work: Callable[[], object]) -> float:
    """Seconds of the quickest of three runs: what else the machine does only ever adds."""
    return min(_seconds(work, _TIMES))


def _seconds(work: Callable[[], object], times: int) -> list[float]:
    seconds: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds
