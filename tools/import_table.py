"""What becomes of settings files when they are imported: the tables of docs/imports.md, and keys lost in silence.

python tools/import_table.py NAME=FOLDER_OR_FILE …
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trainer.errors import RecipeError
from trainer.exchange.formats import Imported, import_recipe
from trainer.exchange.keys import PLACE
from trainer.exchange.parsed import parsed

_SUFFIXES = (".json", ".toml", ".yaml", ".yml", ".sh", ".bat", ".env")
_JOB = "config.process[1]."
"""Where ai-toolkit's settings lie."""


def lost(text: str, file: str, made: Imported) -> list[str]:
    """Keys of the file that were neither used, nor told, nor are known to change nothing."""
    known = {*made.used, *made.neutral, *(left.key for left in made.left)}
    # Headings of kohya's files say nothing: its settings go by their own names.
    is_flat = made.format != "ai-toolkit YAML"
    spoken = known | ({name.split(".")[-1] for name in known} if is_flat else set())
    names = (name.removeprefix(_JOB) for name in _names(parsed(text, file).values))
    return [name for name in names if not any(part in spoken for part in _wholes(name, is_flat=is_flat))]


def _wholes(name: str, *, is_flat: bool) -> Iterator[str]:
    """A setting and the headings it stands under: `a.b.c`, `a.b`, `a`, and of a flat file its own name."""
    words = name.split(".")
    for count in range(len(words), 0, -1):
        whole = ".".join(words[:count])
        yield whole
        yield whole.partition("[")[0] if whole.endswith("]") else whole
    if is_flat:
        yield words[-1].lstrip("-")


def _names(values: Mapping[str, Any], under: str = "") -> Iterator[str]:
    for name, value in values.items():
        rows = cast("list[Any]", value) if isinstance(value, list) else []
        if isinstance(value, Mapping):
            yield from _names(cast("Mapping[str, Any]", value), f"{under}{name}.")
        elif rows and all(isinstance(row, Mapping) for row in rows):
            for number, row in enumerate(rows, 1):
                yield from _names(cast("Mapping[str, Any]", row), f"{under}{name}[{number}].")
        else:
            yield f"{under}{name}"


def main(sources: list[str]) -> int:
    told = [_table(name, _files(Path(place))) for name, _, place in (source.partition("=") for source in sources)]
    sys.stdout.write("\n".join(line for lines, _ in told for line in lines) + "\n")
    losses = sum(count for _, count in told)
    sys.stderr.write(f"Keys lost in silence: {losses}\n")
    return 1 if losses else 0


def _table(name: str, paths: list[Path]) -> tuple[list[str], int]:
    """A table of what becomes of the files, and how many of their keys are lost."""
    counts = {"whole": 0, "with losses told": 0, "refused": 0}
    lines = [f"\n### {name}\n", "| file | imported | not as there, or why not |", "| --- | --- | --- |"]
    losses = 0
    for path in paths:
        became, said, gone = _row(path)
        counts[became] += 1
        losses += len(gone)
        lines.append(f"| {path.name.lstrip('#')} | {became} | {said} |")
        lines += [f"| | **lost in silence** | {', '.join(gone)} |"] if gone else []
    return [*lines, "\n" + ", ".join(f"{became} {count}" for became, count in counts.items()) + "."], losses


def _row(path: Path) -> tuple[str, str, list[str]]:
    text = path.read_text(encoding="utf-8-sig")
    try:
        made = import_recipe(text, path.name)
    except RecipeError as fault:
        return "refused", str(fault).replace("\n", " ").removeprefix(path.name).strip(), []
    told = list(dict.fromkeys(left.key for left in made.left if left.why != PLACE))
    return "with losses told" if told else "whole", ", ".join(told), lost(text, path.name, made)


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.suffix in _SUFFIXES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
