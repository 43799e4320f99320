"""A comparison at work: drawn with the host's sampler, told to the page as it goes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...trainer.runtime.duration import duration
from ...trainer.storage.values import json_value
from ..host.compute import device, free_models
from ..host.folders import name_fault, output_folder, unlinked
from ..host.model_folders import clip_folders
from ..host.page import is_cancelled, send, show_progress
from ..panel.comparison import LiveGrid
from ..panel.progress import Throttle
from ..sockets import Comparison, Run
from .compare_readers import ComparisonReaders, readers_for
from .plan import GUIDE_PROMPTS, Asked, DrawnWith, plan_of

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.faces.face import AttributeReader
    from ...trainer.scoring import Compared, Subject, Tools
    from ...trainer.scoring.plan.compare_plan import ComparePlan
    from ..host.generator import HostGenerator
    from ..host.models import HostBase, Models
    from .columns import Columns

_FOLDER = "likeness_compared"
"""Of the output folder: comparisons without a run, by the trigger of whom they are of."""


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """What is asked for on the node `node`, by whom it is drawn and whom it is of. Whoever draws so without comparing
    takes `plan`, `subject` and `tools` alone."""

    node: str
    asked: Asked
    reader: str
    refine: bool
    run: Run | None
    dataset: Dataset
    models: Models
    usual: ComparePlan | None = None
    """What is drawn where the widgets say nothing else; None for what suits the base."""

    def followed(self, columns: Columns) -> Comparison:
        """Draw, read and choose, every picture told to the page."""
        from ...trainer.runtime.work import follow
        from ...trainer.scoring import compare
        from ...trainer.scoring.cost import cost_of

        plan, folder = self.plan, self.folder
        tools = self.tools
        cost = cost_of(plan, columns.shown, folder, self._key, refines=self.refine)
        self.say_first(columns.said + cost.sentence)
        rest = columns.rest if self.refine else ()
        work = compare(plan, columns.shown, self.subject, tools, is_cancelled, rest=rest)
        report = follow(work, self.progress(self._labels(columns), cost.sentence))
        return Comparison(
            report=report,
            folder=folder,
            files=columns.files(plan.swept),
            models=self.models,
            dataset=self.dataset,
            run=self.run,
        )

    @cached_property
    def tools(self) -> Tools:
        """The host's sampler, the readers that there are, and the folder."""
        from ...trainer.scoring import Tools

        readers = self._readers
        return Tools(
            generator=self._generator,
            faces=readers.faces,
            attributes=self._attributes,
            out=self.folder,
            base=self._key,
            descriptor=readers.descriptor,
            base_name=self._base_name,
            precision=self._precision,
            family=self._drawn.spec.title if self._drawn.spec else "",
            release=free_models,
        )

    @property
    def subject(self) -> Subject:
        from ...trainer.scoring import Subject

        return Subject(
            trigger=self.dataset.trigger,
            references=self.dataset.held_out,
            training=self.dataset.train,
            others=self._readers.others,
        )

    def say_first(self, cost: str) -> None:
        """What it will take, and what will not be measured, before anything is drawn."""
        from ...trainer.scoring.reading.attributes.zero_shot import NO_ATTRIBUTE_READER

        missing = "" if self._attributes else NO_ATTRIBUTE_READER
        self._say(" ".join((cost, self._readers.note, missing)).strip())

    @cached_property
    def _attributes(self) -> AttributeReader | None:
        from ...trainer.scoring.reading.attributes.zero_shot import attribute_reader_for

        readers = self._readers
        return readers.attributes or attribute_reader_for(self.plan, clip_folders(), readers.faces, device())

    @cached_property
    def _base(self) -> HostBase:
        return self.models.loaded

    @cached_property
    def _generator(self) -> HostGenerator:
        from ..host.generator import HostGenerator

        return HostGenerator(self._base.model, self._base.clip, self._base.vae, alone=True)

    @cached_property
    def _key(self) -> str:
        return self._generator.fingerprint()

    @property
    def _is_own(self) -> bool:
        """Whether the run's own base draws."""
        return self.run is not None and self.models is self.run.models

    @cached_property
    def _drawn(self) -> DrawnWith:
        from ...trainer.families.registry import spec_of
        from ..host.model_family import model_family

        if self._is_own and self.run is not None:
            return DrawnWith(
                base=self.run.base, spec=spec_of(self.run.base), resolution=self.run.recipe.buckets.resolution
            )
        base = self.run.base if self.run else None
        resolution = self.run.recipe.buckets.resolution if self.run else None
        return DrawnWith(base=base, spec=model_family(self._base.model), resolution=resolution)

    @cached_property
    def _is_demo(self) -> bool | None:
        """Whether the base is one of the demo's; None where a wired one could be any."""
        from ...trainer.demo.assets import demo_family

        return None if self.run is None else demo_family(self.run.base) is not None

    @cached_property
    def _readers(self) -> ComparisonReaders:
        return readers_for(self.reader, self.dataset, self._is_demo)

    @cached_property
    def plan(self) -> ComparePlan:
        from ...trainer.scoring.plan.sentinels import coverage_of, sentinel_probes, with_sentinels

        plan = plan_of(self.asked, self.dataset, self._drawn, self.usual)
        if self.asked.prompts != GUIDE_PROMPTS or not self.asked.missing_views or not self.dataset.train:
            return plan
        self._say("Looking for views that no training picture shows")
        shown = coverage_of(self.dataset.train, self._readers.faces)
        missing = sentinel_probes(shown, self.dataset.trigger, self.dataset.subject, plan.probes[0].seeds)
        return with_sentinels(plan, missing)

    @property
    def _base_name(self) -> str:
        if self._is_own and self.run is not None:
            return self.run.base.name
        return f"{self._drawn.spec.title if self._drawn.spec else 'a wired model'} {self._key[:8]}"

    @property
    def _precision(self) -> str:
        return str(self._base.model.model_dtype()).removeprefix("torch.")

    @cached_property
    def folder(self) -> Path:
        """The run's, or that of whom it is of. Reports of another base or precision stay, and this one lies beside."""
        place = self.run.folder if self.run else output_folder(_FOLDER, folder_name(self.dataset.trigger))
        usual = unlinked(place, "report", deep=True)
        theirs = _drawn_with(usual)
        ours = (self._base_name, self._precision)
        if all(not one or one == other for one, other in zip(theirs, ours, strict=True)):
            return usual
        return unlinked(place, f"report_{self._key[:8]}", deep=True)

    def _labels(self, columns: Columns) -> list[str]:
        from ...trainer.scoring.columns import CONTROL

        return [CONTROL, *(each.label for each in columns.shown)]

    def _say(self, text: str) -> None:
        send("likeness.note", {"node": self.node, "text": text})

    def progress(self, labels: list[str], cost: str) -> Callable[[Compared], None]:
        """Moves the bar and shows the pictures as they come, what all will take above them until a pace is known."""
        throttle, grid = Throttle(), LiveGrid(self.plan, labels, self.folder)

        def show(event: Compared) -> None:
            grid.add(event.label, event.key, event.path.relative_to(self.folder).as_posix())
            if not throttle.is_due():
                return
            left = cost if event.seconds_left is None else f"{duration(event.seconds_left)} left"
            what = "Reading" if event.phase == "reading" else event.label
            show_progress(self.node, event.done, event.total)
            text = f"{what}: picture {event.done} of {event.total} · {left}"
            send("likeness.note", {"node": self.node, "text": text, "live": grid.state()})

        return show


def folder_name(trigger: str) -> str:
    """A trigger as the name of a folder."""
    plain = re.sub(r"[^\w.\- ]+", "_", trigger).strip("_. ") or "character"
    return plain if name_fault(plain) is None else f"character_{hashlib.sha256(trigger.encode()).hexdigest()[:8]}"


def _drawn_with(folder: Path) -> tuple[str, str]:
    """Base and precision of the report in a folder, "" where it tells none."""
    try:
        kept: Any = json_value((folder / "report.json").read_text(encoding="utf-8"))
        return str(kept.get("base", "")), str(kept.get("precision", ""))
    except (OSError, ValueError, AttributeError):
        return "", ""
