"""The examples of docs/clusters: well-formed, and every command line of ours in them one that the trainer takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from trainer.cli.main import parser
from trainer.recipe.presets import PRESETS

DOCS = Path(__file__).parents[3] / "docs"
FILES = sorted((DOCS / "clusters").iterdir())
PAGES = [DOCS / "clusters.md", *FILES]
SLURM = {
    *("job-name", "nodes", "ntasks-per-node", "gpus-per-node", "cpus-per-task", "mem", "time", "array"),
    *("requeue", "open-mode", "output", "signal"),
}
TASK = {"name", "workdir", "num_nodes", "envs", "resources", "file_mounts", "setup", "run"}
_VARIABLE = re.compile(r"\$\{?\w+}?")


def commands(text: str) -> Iterator[list[str]]:
    """The arguments of every `-m trainer`, lines that end in a backslash joined and variables filled in."""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        # A dash, or the end of a quotation in prose, ends what is meant as a command.
        told = line.strip().lstrip("# ").split(" ...")[0]
        if "-m trainer train --" in told:
            yield shlex.split(_VARIABLE.sub("x", told.partition("-m trainer ")[2]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_command_lines_are_the_trainers(page: Path) -> None:
    found = list(commands(page.read_text()))
    assert found or page.name == "accelerate.yaml"
    for arguments in found:
        options = parser().parse_args(arguments)
        assert options.device == "cuda"
        assert options.preset is None or options.preset in PRESETS


@pytest.mark.parametrize("file", [each for each in FILES if each.suffix == ".yaml"], ids=lambda file: file.name)
def test_its_settings_are_known(file: Path) -> None:
    settings = yaml.safe_load(file.read_text())
    if file.stem == "accelerate":
        assert (settings["distributed_type"], settings["num_machines"]) == ("MULTI_GPU", 1)
        return
    assert set(settings) <= TASK
    runs = next(mount for place, mount in settings["file_mounts"].items() if f'--out "{place}/' in settings["run"])
    assert runs["mode"] == "MOUNT_CACHED"
    assert set(re.findall(r"\$(SKYPILOT_\w+)", settings["run"])) <= {
        *("SKYPILOT_NUM_NODES", "SKYPILOT_NODE_RANK", "SKYPILOT_NODE_IPS", "SKYPILOT_NUM_GPUS_PER_NODE"),
    }


@pytest.mark.parametrize("file", [each for each in FILES if each.suffix == ".sbatch"], ids=lambda file: file.name)
def test_its_slurm_options_are_known_and_fit_its_command(file: Path) -> None:
    text = file.read_text()
    asked = dict(re.findall(r"^#SBATCH --([\w-]+)=?(.*)$", text, re.MULTILINE))
    assert len(asked) == text.count("#SBATCH ") and set(asked) <= SLURM
    started = re.search(r"--nproc-per-node (\d+)", text)
    assert int(asked["gpus-per-node"]) == (int(started[1]) if started else 1)
    assert ("$SLURM_NNODES" in text) == (asked["nodes"] != "1")
    assert ("SLURM_ARRAY_TASK_ID" in text) == ("array" in asked)
    # Nothing after the first command is read by sbatch.
    assert text.index("set -eu") > text.rindex("#SBATCH ")


def test_every_file_is_on_the_page() -> None:
    page = (DOCS / "clusters.md").read_text()
    assert {each.name for each in FILES} == set(re.findall(r"\(clusters/([\w.]+)\)", page))
