"""The model card that lies beside a LoRA: how to use it, what it learned from, what was measured, where it is weak."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from ...dataset.dataset import Dataset
from ...families.base import Base
from ...families.registry import spec_of
from ...recipe.recipe import Recipe
from ..intervals import is_below, paired
from ..measures.following import slot_followed
from ..plan.compare_plan import ComparePlan
from ..scores import Scores
from .curves import sweep
from .markdown import escaped, fenced, table
from .measure_words import measured_names, unmeasured, words_of
from .report import Report
from .words import drawn_with, measured_by

LICENCES: Mapping[str, str] = {
    "sd15": "CreativeML Open RAIL-M",
    "sdxl": "CreativeML Open RAIL++-M",
    "flux1": "FLUX.1 [dev] Non-Commercial License",
    "flux1_schnell": "Apache 2.0",
    "z_image": "Apache 2.0",
    "z_image_turbo": "Apache 2.0",
    "flux2_klein": "Apache 2.0 at 4B, FLUX Non-Commercial License at 9B",
    "flux2_klein_distilled": "Apache 2.0 at 4B, FLUX Non-Commercial License at 9B",
}
"""Under which the first model of a family was published; a merge or a fine-tune may have another."""
_MOST_PROMPTS = 4
_WEAK_SLOT = 0.15
_WORST = 2


@dataclass(frozen=True, kw_only=True)
class CardSubject:
    """What a card is of. `label` is the column of the report, `strength` the recommended one, `picture` the name of a
    file beside the card, "" for none. What is None is left out: of anybody's file there is no dataset and no recipe.

    Only names and counts of these are told, never where they lie.
    """

    name: str
    label: str
    strength: float
    picture: str = ""
    dataset: Dataset | None = None
    recipe: Recipe | None = None
    base: Base | None = None
    sha256: str = ""


def model_card(report: Report, subject: CardSubject) -> str:
    """The card in Markdown, with the head that model hubs read."""
    scores = next((each for each in report.checkpoints if each.label == subject.label), None)
    parts = (
        _head(report, subject),
        _use(report, subject, scores),
        _prompts(report.plan),
        _training(subject),
        _measured(report, scores),
        _weak(report, scores),
        _licence(subject.base),
        _cite(report, subject),
    )
    return "\n\n".join("\n".join(lines) for each in parts if (lines := list(each))) + "\n"


def _head(report: Report, subject: CardSubject) -> Iterator[str]:
    # JSON is YAML: no trigger can end the head or add to it.
    trigger = json.dumps(report.trigger).replace("<", "\\u003c")
    yield from ("---", "tags: [lora, text-to-image]", f"instance_prompt: {trigger}", "---", "")
    yield f"# {escaped(subject.name)}"
    if subject.picture:
        yield from ("", f"![{escaped(report.trigger)}](<{_address(subject.picture)}>)")


def _address(name: str) -> str:
    return PurePath(name).name.replace("<", "%3C").replace(">", "%3E").replace("\n", "")


def _use(report: Report, subject: CardSubject, scores: Scores | None) -> Iterator[str]:
    rows = [["Trigger", escaped(report.trigger)]]
    if subject.dataset and subject.dataset.subject:
        rows.append(["Class word", escaped(subject.dataset.subject)])
    rows.append(["Base", escaped(_base(report, subject.base))])
    rows.append(["Recommended strength", escaped(_strength(report, subject, scores))])
    rows.append(["Checkpoint", escaped(subject.label)])
    yield from table(["Use", ""], rows)


def _base(report: Report, base: Base | None) -> str:
    if base is None:
        return report.base or "not known"
    predicts = f", predicts {base.predicts}" if base.predicts else ""
    return f"{PurePath(base.name).name} ({spec_of(base).title}{predicts})"


def _strength(report: Report, subject: CardSubject, scores: Scores | None) -> str:
    if scores is None:
        return f"{subject.strength:g}"
    swept = [each.strength for each in sweep(report)] if scores.label == report.chosen else []
    tried = ", ".join(f"{each:g}" for each in sorted({*swept, scores.strength}))
    return f"{subject.strength:g} (compared at {tried})"


def _prompts(plan: ComparePlan) -> Iterator[str]:
    """Those that name the trigger."""
    named = [probe.prompt for probe in plan.probes if probe.kind in ("trigger", "prompt")][:_MOST_PROMPTS]
    if named:
        yield from ("## Sample prompts", "", "\n\n".join(fenced(prompt) for prompt in named))
        yield from ("", f"Drawn with {plan.steps} steps, guidance {plan.guidance:g}, {plan.size[0]}×{plan.size[1]}.")


def _training(subject: CardSubject) -> Iterator[str]:
    if subject.dataset is None and subject.recipe is None:
        return
    yield from ("## Training", "")
    if subject.dataset is not None:
        train, held = len(subject.dataset.train), len(subject.dataset.held_out)
        captioned = sum(bool(sample.caption) for sample in subject.dataset.train)
        yield f"{train} pictures, {captioned} with a caption; {held} more were held out to measure by."
    if subject.recipe is not None:
        yield from ("", escaped(_recipe_line(subject.recipe)))


def _recipe_line(recipe: Recipe) -> str:
    lora, schedule = recipe.lora, recipe.schedule
    length = f"{schedule.epochs} epochs" if schedule.epochs else f"{schedule.steps} steps"
    text = f", text encoders at {recipe.text.encoder_lr:g}" if recipe.text.encoder_lr else ""
    return (
        f"{lora.kind} of rank {lora.rank}, alpha {lora.alpha:g}, on {lora.targets}; {recipe.optim.optimizer} at "
        f"{recipe.optim.lr:g}{text}; {length} of {schedule.batch * schedule.accumulation} at "
        f"{recipe.buckets.resolution} pixels; seed {recipe.seed}."
    )


def _measured(report: Report, scores: Scores | None) -> Iterator[str]:
    if scores is None:
        return
    rows: list[list[str]] = []
    for name in measured_names(report):
        words, ours = words_of(name), scores.measures.get(name)
        if ours is not None:
            said = f"{words.value(ours)} ({words.between(ours)})"
            base = words.value(report.control.measures.get(name))
            rows.append([escaped(cell) for cell in (words.title, said, base, words.says)])
    if not rows:
        return
    yield from ("## Measured", "")
    yield from table(["", "with this LoRA (95 %)", "without", ""], rows)
    for line in (drawn_with(report), measured_by(report)):
        if line:
            yield from ("", escaped(line))


def _weak(report: Report, scores: Scores | None) -> Iterator[str]:
    """In plain words: what is said against it, what it follows worst, where it is least alike, what nobody measured."""
    found = [*_against(report, scores), *_worst(report, scores)] if scores else []
    found += unmeasured(report) if scores else ["It was not compared: nothing of it is measured."]
    yield from ("## Weak spots", "")
    yield from (f"- {escaped(sentence)}" for sentence in found or ["None was found by what was measured."])


def _against(report: Report, scores: Scores) -> Iterator[str]:
    yield from (flag.sentence for flag in scores.flags)
    yield from scores.cautions
    others = [label for label in report.tied if label != scores.label]
    if scores.label in report.tied and others:
        yield f"By these pictures it cannot be told from {', '.join(others)}."


def _worst(report: Report, scores: Scores) -> Iterator[str]:
    for slot, part in sorted(scores.slots.items(), key=lambda each: each[1]):
        base = report.control.slots.get(slot, 1.0)
        gap = paired(slot_followed(scores.pictures, slot), slot_followed(report.control.pictures, slot))
        if part < base - _WEAK_SLOT and is_below(gap, 0):
            yield f"It follows {slot} in {part:.0%} of its pictures, the base alone in {base:.0%}."
    known = [(p.identity, p.probe) for p in scores.pictures if p.identity is not None and p.triggered]
    worst = [probe for _, probe in sorted(known)]
    for probe in list(dict.fromkeys(worst))[: _WORST if len(set(worst)) > _WORST else 0]:
        least = min(identity for identity, of in known if of == probe)
        yield f"It is least like the character (identity {least:.2f}) in: {report.plan.probes[probe].prompt}"


def _licence(base: Base | None) -> Iterator[str]:
    yield from ("## Licence", "")
    known = LICENCES.get(base.family) if base else None
    if base is not None and known:
        yield escaped(
            f"{spec_of(base).title} was published under: {known}. The very file it was trained on may have another "
            "licence; what is made with it is bound by that."
        )
    else:
        yield "The licence of the base is not known here; what is made with it is bound by that."
    yield "Ask the person shown, or the holder of the character, before you publish pictures."


def _cite(report: Report, subject: CardSubject) -> Iterator[str]:
    named = f", sha256 {subject.sha256}" if subject.sha256 else ""
    yield from ("## Cite", "")
    yield escaped(
        f"{subject.name}: a LoRA of {report.trigger} for {_base(report, subject.base)}{named}. Trained, compared and "
        "chosen with Likeness."
    )
