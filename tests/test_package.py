"""What the registry's zip holds: all that a user needs, and nothing that only measures, tests or builds the pack."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_LEFT_OUT = tuple(
    line.removeprefix("/") for line in (_ROOT / ".comfyignore").read_text().splitlines() if line[:1] not in ("", "#")
)


@pytest.fixture(scope="module")
def packed() -> list[Path]:
    """The tracked files that `comfy node pack` takes, by paths within the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=_ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [Path(name) for name in listed.stdout.decode().split("\0") if name and not _is_left_out(name)]


def _is_left_out(name: str) -> bool:
    return any(name == line or (line.endswith("/") and name.startswith(line)) for line in _LEFT_OUT)


def test_every_line_leaves_something_out():
    assert all((_ROOT / line).exists() for line in _LEFT_OUT)


def test_what_imports_at_once_is_in_it(packed: list[Path]):
    """Benches and the demo's build are imported by their commands alone, which say that they are not there."""
    held = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in packed if path.suffix == ".py"}
    ours = {
        (str(path), module)
        for path in packed
        if path.suffix == ".py"
        for module in _imported(path)
        if module.startswith(("trainer.", "nodes."))
    }
    missing = {row for row in ours if row[1] not in held}
    assert {path for path, _ in missing} == {"trainer/cli/demo.py"}
    assert {module for _, module in missing} == {"trainer.demo.build.build"}


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse((_ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = path.parts[: len(path.parts) - node.level] if node.level else ()
            start = ".".join((*above, *filter(None, [node.module])))
            # A name may be a module of the room, or what a module holds.
            inner = {f"{start}.{alias.name}" for alias in node.names}
            modules = {module for module in inner if (_ROOT / Path(*module.split("."))).with_suffix(".py").is_file()}
            found |= modules or {start}
    return found


@pytest.mark.parametrize("command", [["bench", "train"], pytest.param(["demo", "build"], marks=pytest.mark.slow)])
def test_a_command_that_is_not_in_it_says_where_it_is(tmp_path: Path, packed: list[Path], command: list[str]):
    for path in packed:
        if path.suffix in (".py", ".toml", ".txt") and path.parts[0] == "trainer":
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).symlink_to(_ROOT / path)
    said = subprocess.run(
        [sys.executable, "-m", "trainer", *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    (sentence,) = said.stderr.strip().splitlines()
    assert "clone" in sentence
