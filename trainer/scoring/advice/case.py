"""What is known of a run when it is judged: the report, and as far as they are there, its pictures and its recipe."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ...captions.prose.parse import parse
from ...captions.prose.tags import classify_tag, normalise_tag
from ...captions.rules.compose import spelling
from ...dataset.coverage.coverage import Coverage, cover, observe
from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from ...dataset.sample_pixels import open_sample
from ...dataset.step_budget import step_budget
from ...errors import LikenessError
from ...recipe.presets import PRESETS, fitting_preset
from ...recipe.recipe import Recipe
from ..intervals import FEWEST, Interval, paired
from ..measures.following import slot_followed
from ..measures.identity import identities
from ..report.report import Report
from ..scores import Scores, main_strength

_LOOKED_AT = 120
"""Pictures opened to see backgrounds: so many spread evenly tell shares to a few percent."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """`family` names the base's family where it is known: its preset says which rate is usual."""

    report: Report
    dataset: Dataset | None = None
    recipe: Recipe | None = None
    family: str = ""
    coverage: Coverage | None = None

    @cached_property
    def columns(self) -> tuple[Scores, ...]:
        """One training's checkpoints at the plan's strength by step: of several that were compared the chosen one's, or
        the one with the most. Files that tell no step have no order, so that only the one that would be used counts."""
        main = main_strength(self.report.checkpoints, self.report.plan.strength)
        at = [each for each in self.report.checkpoints if each.strength == main]
        runs: dict[object, list[Scores]] = defaultdict(list)
        for each in at:
            runs[_training_of(each)].append(each)
        chosen = self.report.choice
        own = runs.get(_training_of(chosen), []) if chosen else []
        longest = max(runs.values(), key=len, default=list[Scores]())
        rows = own if len(own) > 1 else longest
        return _by_step(rows, chosen) or tuple(each for each in rows if each is (chosen or rows[-1]))

    @property
    def control(self) -> Scores:
        return self.report.control

    @cached_property
    def last(self) -> Scores | None:
        return self.columns[-1] if self.columns else None

    @cached_property
    def judged(self) -> Scores | None:
        """The column that would be used: the chosen one, else the likest."""
        chosen = self.report.choice
        return chosen if chosen is not None else self.likest

    @cached_property
    def likest(self) -> Scores | None:
        measured = [each for each in self.columns if each.identity is not None]
        return max(measured, key=lambda each: each.identity.value if each.identity else 0.0, default=None)

    @cached_property
    def span(self) -> float | None:
        """From the control's identity to that of real pictures; None where one of them was not measured."""
        reference, base = self.report.reference, self.control.identity
        if reference is None or base is None or reference - base.value < 0.05:
            return None
        return reference - base.value

    def gain(self, one: Scores, other: Scores) -> Interval | None:
        """By how much `one` is liker than `other`, pictures paired, as a share of the way from control to real ones.

        None where too few pictures of both were read.
        """
        gap = paired(identities(one.pictures), identities(other.pictures))
        return None if gap is None or gap.count < FEWEST or self.span is None else scaled(gap, 1 / self.span)

    def slot_drop(self, column: Scores, slot: str) -> Interval | None:
        """By how much less often it follows the slot than the control does, pictures paired."""
        return paired(slot_followed(self.control.pictures, slot), slot_followed(column.pictures, slot))

    @cached_property
    def train(self) -> tuple[Sample, ...]:
        return self.dataset.train if self.dataset else ()

    @property
    def count(self) -> int | None:
        """Different training pictures: those made from one count once for each that was made."""
        return len(self.train) if self.dataset else None

    def passes(self, step: int | None = None) -> float | None:
        """How often each picture was seen up to `step`, the last column's without; None where that cannot be told."""
        if not self.train or self.recipe is None or self.done is None:
            return None
        budget = step_budget(self.train, self.recipe)
        return budget.passes * (step or self.done) / budget.updates

    @cached_property
    def updates(self) -> int | None:
        """Steps of the recipe; of one in epochs as counted on its pictures."""
        if self.recipe is None:
            return None
        return step_budget(self.train, self.recipe).updates if self.train else self.recipe.schedule.steps

    @property
    def done(self) -> int | None:
        """The last step that was compared: a run may have been stopped before the recipe's."""
        return (self.last.step if self.last else None) or self.updates

    @cached_property
    def usual(self) -> Recipe | None:
        """The preset of the base's family; None where the family is not known."""
        try:
            return PRESETS[fitting_preset(self.family)].recipe if self.family else None
        except LikenessError:
            return None

    @cached_property
    def covered(self) -> Coverage | None:
        """What the training pictures show, measured from their pixels where nobody has; None without any that opens."""
        if self.coverage is not None:
            return self.coverage
        every = max(1, -(-len(self.train) // _LOOKED_AT))
        rows = [row for row in map(_row, self.train[::every]) if row is not None]
        return cover(rows) if rows else None

    @cached_property
    def told(self) -> tuple[Sample, ...]:
        """Training pictures whose captions say more than trigger and class word."""
        return tuple(sample for sample in self.train if self.dataset and _says(sample, self.dataset))

    def saying(self, *slots: str) -> tuple[Sample, ...]:
        """Those of `told` whose captions fill one of the slots of captions/words."""
        return tuple(sample for sample in self.told if slots_of(sample.caption) & set(slots))


def _training_of(scores: Scores) -> object:
    """Files of one training are called alike but for the step, and have one seed; an average is called otherwise."""
    return _NUMBER.sub("#", scores.lora or ""), scores.seed


def _by_step(rows: Sequence[Scores], chosen: Scores | None) -> tuple[Scores, ...]:
    """One a step, the chosen one or the first: two files of one step are of two trainings, though called alike."""
    found = {each.step: each for each in reversed(rows) if each.step is not None}
    if chosen is not None and chosen.step in found and chosen in rows:
        found[chosen.step] = chosen
    return tuple(found[step] for step in sorted(found))


def scaled(gap: Interval, by: float) -> Interval:
    return Interval(gap.value * by, gap.low * by, gap.high * by, gap.count)


def slots_of(caption: str) -> set[str]:
    """Slots that a caption's tags fill; sentences count as saying where, since no list of words tells what they do."""
    parsed = parse(caption)
    found = {word.slot for word in map(classify_tag, parsed.tags) if word.key}
    return found | ({"setting"} if parsed.prose else set())


def _says(sample: Sample, dataset: Dataset) -> bool:
    rest = spelling(dataset.trigger).sub(" ", sample.caption)
    return any(normalise_tag(part) not in {"", normalise_tag(dataset.subject)} for part in rest.split(","))


def _row(sample: Sample):  # noqa: ANN202
    try:
        return observe(sample, open_sample(sample))
    except (LikenessError, OSError):
        return None


def listed(words: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(f"'{word}'" for word in words[:most])
    return shown + (f" and {len(words) - most} more" if len(words) > most else "")
