"""The help pages: a picture for each, that is there and small; inputs by the names that the node shows."""

import re
from collections.abc import Callable
from typing import Any

from PIL import Image

from .conftest import PACK, listed_nodes

DOCS = PACK / "web" / "docs"
_LARGEST, _ALL = 45_000, 1_500_000


def test_every_page_has_a_picture_of_its_node_right_after_what_it_is(pack: Callable[[str], Any]) -> None:
    for schema in (node.define_schema() for node in listed_nodes()):
        page = (DOCS / f"{schema.node_id}.md").read_text(encoding="utf-8")
        title, _, shown = page.split("\n\n")[:3]
        assert title == f"# {schema.display_name}", schema.node_id
        assert re.fullmatch(rf"!\[[^\]]{{8,}}\]\(pictures/{schema.node_id}\.jpg\)", shown), schema.node_id


def test_pictures_of_the_pages_are_there_and_small() -> None:
    pictures = sorted((DOCS / "pictures").glob("*"))
    assert [path.name for path in pictures] == [f"{page.stem}.jpg" for page in sorted(DOCS.glob("*.md"))]
    sizes = [path.stat().st_size for path in pictures]
    assert max(sizes) <= _LARGEST and sum(sizes) <= _ALL
    for path in pictures:
        with Image.open(path) as image:
            assert image.format == "JPEG" and min(image.size) >= 100, path.name


def test_pages_speak_of_inputs_by_the_names_that_the_node_shows(pack: Callable[[str], Any]) -> None:
    """An id in bold that the node shows under another name would be sought in vain."""
    for schema in (node.define_schema() for node in listed_nodes()):
        renamed = {part.id for part in schema.inputs if part.options.get("display_name") and "_" in part.id}
        page = (DOCS / f"{schema.node_id}.md").read_text(encoding="utf-8")
        bold = {word for words in re.findall(r"\*\*([^*\n]+)\*\*", page) for word in re.findall(r"\w+", words)}
        assert not renamed & bold, schema.node_id
