"""A phrase on appearance as it is found in a sentence, and what it is counted as over the set."""

from collections.abc import Callable
from dataclasses import dataclass

from ..words.identity import FAMILY_OF, Kind
from ..words.prose import ALONE, HEADS, LENGTH_OF, OPTIONAL, SIGNATURE


@dataclass(frozen=True, slots=True)
class AppearancePhrase:
    """A phrase on appearance: its row, what share of the set it is looked up by, and the words it stands in."""

    row: str
    kind: Kind
    key: str
    text: str


Decides = Callable[[AppearancePhrase], bool]
"""Whether a phrase is to go."""


def kind_of(head: str) -> Kind:
    if head in OPTIONAL:
        return "optional"
    return "signature" if head in SIGNATURE else "identity"


def adjective_key(row: str, words: list[str]) -> str:
    """`red_hair` for `auburn-haired`; the row alone where no colour is named."""
    parts = [part for word in words for part in (word, *word.split("-"))]
    colour = next((FAMILY_OF[part] for part in parts if part in FAMILY_OF), None)
    return f"{colour}_{row}" if colour else row


def head_key(head: str, words: list[str]) -> str:
    """`red_hair`, `long_hair`, `ponytail`: what the phrase is counted as over the set."""
    if head in ALONE:
        return head.removesuffix("s") if head not in {"glasses", "bangs"} else head
    row = HEADS.get(head, head)
    colour = next((FAMILY_OF[word] for word in words if word in FAMILY_OF), None)
    length = next((LENGTH_OF[word] for word in words if word in LENGTH_OF), None)
    return f"{colour or length}_{row}" if colour or length else row
