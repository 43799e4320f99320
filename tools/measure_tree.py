"""Figures of the tree's shape: `python tools/measure_tree.py [ROOT]`; the last line is one JSON object.

Files a folder, lengths of files and functions (50th, 90th percentile, longest), `Any` a thousand lines, blocks of six
or more lines that stand more than once, imports that climb (trainer's packages in the order of `.importlinter`), and
circles between files. Lazy imports count; those for type checking alone do not.
"""

import ast
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ORDER = (
    "cli", "bench", "demo", "planning", "exchange", "scoring", "augment", "training", "identity", "generate", "lora",
    "families", "captions", "dataset", "recipe", "faces", "images", "runtime", "storage", "errors",
)  # fmt: skip
"""Packages of `trainer`, from the top: each may import those after it."""
_BLOCK = 6


def main(root: Path) -> None:
    files = {path: path.read_text(encoding="utf-8") for part in ("trainer", "nodes") for path in _files(root / part)}
    trees = {path: ast.parse(text) for path, text in files.items()}
    lines = [len(text.splitlines()) for text in files.values()]
    functions = [length for tree in trees.values() for length in _functions(tree)]
    edges = _edges(root, trees)
    figures = {
        "files": len(files),
        "lines": sum(lines),
        "files_a_folder": _spread(Counter(path.parent for path in files).values()),
        "fullest_folders": _fullest(root, files),
        "file_lines": _spread(lines),
        "function_lines": _spread(functions),
        "any_per_1000_lines": round(1000 * sum(len(re.findall(r"\bAny\b", t)) for t in files.values()) / sum(lines), 1),
        "repeated_blocks": _repeated(files.values()),
        "up_arrows": sum(_climbs(*edge) for edge in edges),
        "circles": _circles(edges),
    }
    for name, value in figures.items():
        print(f"{name:20} {value}")  # noqa: T201
    print(json.dumps(figures))  # noqa: T201


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts)


def _functions(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def _spread(values: Iterator[int] | list[int] | object) -> dict[str, int]:
    ordered = sorted(values)  # type: ignore[call-overload]
    return {
        "p50": ordered[len(ordered) // 2],
        "p90": ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)],
        "max": ordered[-1],
    }


def _fullest(root: Path, files: dict[Path, str]) -> dict[str, int]:
    counts = Counter(path.parent.relative_to(root).as_posix() for path in files if path.name != "__init__.py")
    return dict(counts.most_common(5))


def _repeated(texts: object) -> int:
    """Places whose six lines, blanks and comments and imports aside, stand before; a longer run counts once."""
    seen: set[tuple[str, ...]] = set()
    found = 0
    for text in texts:  # type: ignore[attr-defined]
        code = [line.strip() for line in text.splitlines()]
        code = [line for line in code if line and not line.startswith(("#", "from ", "import ", '"""', ")", "]", "}"))]
        was_repeated = False
        for start in range(len(code) - _BLOCK + 1):
            block = tuple(code[start : start + _BLOCK])
            is_repeated = block in seen
            found += is_repeated and not was_repeated
            was_repeated = is_repeated
            seen.add(block)
    return found


def _edges(root: Path, trees: dict[Path, ast.Module]) -> set[tuple[str, str]]:
    """(module, module it imports) within `trainer`, lazy imports included."""
    names = {_module(root, path): path for path in trees}
    found: set[tuple[str, str]] = set()
    for name, path in names.items():
        package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
        for node in _run_time(trees[path]):
            if isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else []
                target = ".".join([*base, *([node.module] if node.module else [])])
                for alias in node.names:
                    whole = f"{target}.{alias.name}"
                    found.add((name, whole if whole in names else target))
    return {(a, b) for a, b in found if a.startswith("trainer.") and b.startswith("trainer.") and a != b}


def _run_time(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _run_time(node)


def _module(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _climbs(one: str, other: str) -> bool:
    above, below = one.split(".")[1], other.split(".")[1]
    if above == below or above not in ORDER or below not in ORDER:
        return False
    return ORDER.index(above) > ORDER.index(below)


def _circles(edges: set[tuple[str, str]]) -> int:
    """Groups of files that import one another in a ring (Tarjan 1972)."""
    after: dict[str, list[str]] = defaultdict(list)
    for one, other in edges:
        after[one].append(other)
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    rings = 0

    def visit(node: str) -> None:
        nonlocal rings
        index[node] = low[node] = len(index)
        stack.append(node)
        for following in after[node]:
            if following not in index:
                visit(following)
                low[node] = min(low[node], low[following])
            elif following in stack:
                low[node] = min(low[node], index[following])
        if low[node] == index[node]:
            size = len(stack) - stack.index(node)
            del stack[-size:]
            rings += size > 1

    sys.setrecursionlimit(10_000)
    for node in sorted({name for edge in edges for name in edge}):
        if node not in index:
            visit(node)
    return rings


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
