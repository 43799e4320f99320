"""Brings `locales/` up to the nodes' texts: `python tools/write_locales.py`, after any change of a title or tooltip.

English is written from the schemas. Of every other language those texts go whose English has changed or is gone, and
what is missing then is listed, to be translated by hand; a test fails until it is.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.nodes.conftest import listed_nodes, loaded_pack  # noqa: E402
from tests.nodes.node_texts import Texts, flat, texts_of  # noqa: E402

LOCALES = ROOT / "locales"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, loaded_pack(Path(folder)):
        schemas = [node.define_schema() for node in listed_nodes()]
    english = {schema.node_id: texts_of(schema) for schema in schemas}
    old = flat(_read(LOCALES / "en"))
    new = flat(english)
    for folder in sorted(path for path in LOCALES.iterdir() if path.is_dir() and path.name != "en"):
        there = flat(_read(folder))
        kept = {path: there[path] for path, text in new.items() if path in there and old.get(path) == text}
        _write(folder, _nested(kept))
        for path in new.keys() - kept.keys():
            print(folder.name, ".".join(path), "|", new[path])  # noqa: T201
    _write(LOCALES / "en", english)


def _read(folder: Path) -> Texts:
    file = folder / "nodeDefs.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _write(folder: Path, texts: Texts) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(texts, ensure_ascii=False, indent=2)
    (folder / "nodeDefs.json").write_text(f"{text}\n", encoding="utf-8")


def _nested(texts: dict[tuple[str, ...], str]) -> Texts:
    nested: Texts = {}
    for path, text in texts.items():
        inner: dict[str, Any] = nested
        for name in path[:-1]:
            inner = inner.setdefault(name, {})
        inner[path[-1]] = text
    return nested


if __name__ == "__main__":
    main()
