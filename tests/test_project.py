"""The project's own promises: dependencies in step, light imports, small files, nothing of one machine."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("diffusers", "peft", "transformers", "onnxruntime", "insightface", "cv2", "matplotlib", "accelerate", "jinja2")
HEAVY += ("bitsandbytes", "prodigyopt", "schedulefree")
ENTRIES = ("trainer.cli.main", "trainer.recipe.recipe", "trainer.training.train", "trainer.generate.local")
ENTRIES += ("trainer.scoring",)


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_requirements_are_those_of_the_project() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == project()["project"]["dependencies"]


def test_what_the_demo_runs_on_is_a_part_of_the_requirements() -> None:
    pattern = re.compile(r"[^;]+")
    known = {pattern.match(line)[0] for line in project()["project"]["dependencies"]}  # type: ignore[index]
    assert set(project()["dependency-groups"]["run"]) <= known


def test_no_dependency_is_pinned_from_above() -> None:
    assert not [line for line in project()["project"]["dependencies"] if re.search(r"<|==|~=", line.split(";")[0])]


def test_insightface_brings_plain_onnxruntime_only_where_onnxruntime_gpu_is_not_used() -> None:
    """A fresh install of both ends without CUDA: they have files of the same names."""
    asked = project()["project"]
    lines = [*asked["dependencies"], *asked["optional-dependencies"]["faces"]]
    markers = {line.split(">=")[0]: line.partition(";")[2] for line in lines}
    assert "insightface" in markers and markers["insightface"] == markers["onnxruntime"]


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """Which heavy libraries are there after each of the entries was imported, one after the other in one process."""
    code = f"""
import importlib, json, sys
after = {{}}
for entry in {ENTRIES!r}:
    importlib.import_module(entry)
    after[entry] = [name for name in {HEAVY!r} if name in sys.modules]
print(json.dumps(after))
"""
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(said.stdout)


@pytest.mark.parametrize("module", ENTRIES)
def test_importing_the_engine_loads_nothing_heavy(module: str, loaded: dict[str, list[str]]) -> None:
    assert loaded[module] == []


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the engine's files and of the contracts that hold them, to be spoilt."""
    folder = tmp_path_factory.mktemp("engine")
    shutil.copytree(ROOT / "trainer", folder / "trainer", ignore=shutil.ignore_patterns("assets", "__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    lint = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([lint, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_every_import_keeps_the_contracts(engine: Path) -> None:
    kept = contracts(engine)
    assert kept.returncode == 0, kept.stdout


@pytest.mark.parametrize(
    ("file", "line", "named"),
    [
        ("storage/atomic.py", "from ..images.alpha import Alpha", "trainer.storage.atomic -> trainer.images.alpha"),
        ("cli/train.py", "from ..bench.inputs.photos import photo", "trainer.cli.train -> trainer.bench.inputs.photos"),
        ("demo/run.py", "from .build.world import draw_world", "trainer.demo.run -> trainer.demo.build.world"),
        ("exchange/keys.py", "from .formats import FORMATS", "No cycles are allowed in trainer.exchange"),
    ],
)
def test_a_wrong_import_breaks_a_contract_though_it_stands_in_a_function(
    engine: Path, file: str, line: str, named: str
) -> None:
    path = engine / "trainer" / file
    whole = path.read_text()
    path.write_text(f"{whole}\n\ndef _later() -> None:\n    {line}  # noqa\n")
    try:
        broken = contracts(engine)
    finally:
        path.write_text(whole)
    assert broken.returncode == 1
    assert named in broken.stdout


def test_weights_stay_small_and_the_repository_under_40_mb() -> None:
    sizes = {path: path.stat().st_size for path in tracked()}
    weights = {path: size for path, size in sizes.items() if path.suffix in (".safetensors", ".onnx", ".npy")}
    flow, adapter = (sum(size for path, size in weights.items() if part in path.parts) for part in ("flow", "adapter"))
    assert 0 < sum(weights.values()) - flow - adapter <= 12_000_000
    assert 0 < flow <= 6 * 2**20 and 0 < adapter <= 2_000_000
    assert sum(sizes.values()) <= 40_000_000


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    words = ("python" + "hosted", "registry." + "npmjs", "pypi.org/" + "simple", "/wo" + "rk/", "/ro" + "ot/")
    guilty = [
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.suffix in (".py", ".md", ".toml", ".txt", ".json", ".js", ".yml", "")
        and any(word in path.read_text(encoding="utf-8", errors="ignore") for word in words)
        and path != Path(__file__)
    ]
    assert guilty == []
