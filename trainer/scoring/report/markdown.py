"""Anybody's words as Markdown that shows them as they are: no markup, no links, no HTML, no lines of their own."""

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()#!|~$])")
_FIRST = re.compile(r"^(\d*)([-+.])(?=[\s-]|$)")
_ADDRESSES = (("://", "&#58;//"), ("www.", "www&#46;"))
"""What readers of Markdown make a link of though nothing marks it."""


def escaped(words: str) -> str:
    """One line of text that no reader of Markdown takes for markup or an address."""
    plain = " ".join(words.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = _FIRST.sub(r"\1\\\2", _MARKS.sub(r"\\\1", plain))
    for address, said in _ADDRESSES:
        marked = marked.replace(address, said)
    return marked


def fenced(words: str) -> str:
    """One line to copy as it is, in a fence longer than any within it."""
    plain = " ".join(words.split())
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    return f"{fence}text\n{plain}\n{fence}"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a table; cells come escaped."""
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
