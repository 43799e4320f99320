"""A caption as it is shown this time: one of several, tags in another order, some of them left out."""

from collections.abc import Sequence
from typing import Any

import torch

from ...recipe.text import Text


def one_of(captions: Sequence[str], source: torch.Generator) -> str:
    """Any of them alike; where there is one alone nothing is drawn."""
    if len(captions) == 1:
        return captions[0]
    return captions[int(torch.randint(len(captions), (), generator=source))]


def varied(caption: str, text: Text, source: torch.Generator) -> str:
    """kohya's rule: the first `keep_tokens` of the comma-separated tags stay; of the others `tag_dropout` are left out
    and the rest change places. Untouched when the recipe asks for neither."""
    if not text.changes_captions:
        return caption
    tags = [tag.strip() for tag in caption.split(",")]
    kept, loose = tags[: text.keep_tokens], tags[text.keep_tokens :]
    if text.shuffle:
        drawn: Any = torch.randperm(len(loose), generator=source)
        places: list[int] = drawn.tolist()
        loose = [loose[place] for place in places]
    if text.tag_dropout > 0:
        stays = torch.rand(len(loose), generator=source) >= text.tag_dropout
        loose = [tag for tag, stay in zip(loose, stays, strict=True) if stay]
    return ", ".join(kept + loose)
