"""The values that travel along our own wires, and the colours' names the host knows them by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ._api import io

if TYPE_CHECKING:
    from ..trainer.captions.rules.caption_rules import CaptionRules
    from ..trainer.dataset.dataset import Dataset
    from ..trainer.families.base import Base
    from ..trainer.recipe.recipe import Recipe
    from ..trainer.scoring.report.report import Report
    from .host.models import Models

DATASET = io.Custom("LIKENESS_DATASET")
CAPTION_RULES = io.Custom("LIKENESS_CAPTION_RULES")
BASE = io.Custom("LIKENESS_BASE")
RECIPE = io.Custom("LIKENESS_RECIPE")
RUN = io.Custom("LIKENESS_RUN")
REPORT = io.Custom("LIKENESS_REPORT")
LORA = io.Custom("LIKENESS_LORA")
IDENTITY = io.Custom("LIKENESS_IDENTITY")
IDENTITY_ADAPTER = io.Custom("LIKENESS_IDENTITY_ADAPTER")


@dataclass(frozen=True, kw_only=True, repr=False)
class Ruling:
    """Caption rules, and words for the light of pictures (by sha256) whose captioner said nothing of it."""

    rules: CaptionRules
    lighting: Mapping[str, str]

    def __repr__(self) -> str:
        return f"caption rules ({self.rules.policy}, {self.rules.family})"


@dataclass(frozen=True, kw_only=True, repr=False)
class Run:
    """A finished run: its folder, what it was trained with, and its base for those who draw with it."""

    folder: Path
    dataset: Dataset
    base: Base
    recipe: Recipe
    models: Models

    def __repr__(self) -> str:
        return f"run {self.name}"

    @property
    def name(self) -> str:
        return self.folder.name


@dataclass(frozen=True, kw_only=True, repr=False)
class ChosenLora:
    """A LoRA file in the host's loras folder. `name` is LoraLoader's, `trigger` the word that wakes it.

    `models` is the base that it was trained on, or that drew with it.
    """

    path: Path
    name: str
    trigger: str
    models: Models

    def __repr__(self) -> str:
        return f"LoRA {self.name} of {self.trigger}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Comparison:
    """What was measured, and of what.

    `folder` holds the report and its pictures, `files` the LoRA of each column by its label. `run` is None where only
    anybody's files were compared, `dataset` whom they were held against.
    """

    report: Report
    folder: Path
    files: Mapping[str, Path]
    models: Models
    dataset: Dataset
    run: Run | None = None

    def __repr__(self) -> str:
        return f"comparison of {self.run!r}" if self.run else f"comparison of {len(self.files)} LoRAs"

    @property
    def name(self) -> str:
        """Names what is made of it: the run, or whom it is of."""
        return self.run.name if self.run else self.report.trigger
