"""A caption as it is shown this time: tags in another order, some of them left out."""

from typing import Any

import torch

from ...recipe.text import Text


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
