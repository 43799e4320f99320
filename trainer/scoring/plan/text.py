"""A plan's prompts as lines that a person edits, and back: a prompt a line, headings for kinds."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from ...captions.prose.tags import classify_tag
from ...captions.rules.prune import appearance_in
from ...errors import RecipeError
from ...storage.values import checked_values, json_value
from .compare_plan import WITH_TRIGGER, ComparePlan, Kind, Probe

_HEADINGS: Mapping[str, tuple[Kind, bool]] = {
    "trigger": ("trigger", False),
    "prompt": ("prompt", False),
    "sentinel": ("prompt", True),
    "class": ("class", False),
    "other": ("other", False),
}
_SLOT_OF = {
    "expression": "expression",
    "clothing": "clothing",
    "lighting": "light",
    "setting": "place",
    "style": "style",
}
"""Slots of captions that a plan's readers tell, by their names here."""
_TURNED = re.compile(r"(?:looking|facing|from)\b.*|.*\bprofile|.*\bview")
_PLAIN_SLOTS = frozenset({"camera", "lighting", "style", "setting", "expression", "meta"})
_LEAD = re.compile(
    r"^(?:(?:wearing|dressed|standing|sitting|walking|in|at|on|with)\s+)*(?:(?:a|an|the)\s+)?", re.IGNORECASE
)


def plan_text(plan: ComparePlan, trigger: str, subject: str) -> str:
    """Lines that `plan_of_text` reads as the same probes: `{trigger}` and `{subject}` for the words, ` | slot: word`
    for what is asked, a `# kind` above each kind."""
    lines: list[str] = []
    heading = ""
    for probe in plan.probes:
        name = "sentinel" if probe.sentinel else probe.kind
        if name != heading:
            lines.append(f"# {name}")
            heading = name
        asked = "; ".join(f"{slot}: {word}" for slot, word in probe.asked.items())
        lines.append(_templated(probe.prompt, trigger, subject) + (f" | {asked}" if asked else ""))
    return "\n".join(lines)


def plan_of_text(text: str, plan: ComparePlan, trigger: str, subject: str) -> ComparePlan:
    """`plan` with the probes of `text` in place of its own: lines as `plan_text` writes them, or a plan's JSON.

    Lines without a heading above are taken by what they name; lines without ` | ` ask for what their words say of each
    slot. Seeds are those of the plan's first probe. RecipeError names lines that cannot be read.
    """
    if text.lstrip().startswith("{") and text.rstrip().endswith("}") and '"probes"' in text:
        return _of_json(text, plan)
    seeds = plan.probes[0].seeds
    probes: list[Probe] = []
    heading: str | None = None
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("#"):
            heading = _heading(line)
        elif line:
            probes.append(_probe(line, heading, (trigger, subject), seeds))
    if not probes:
        raise RecipeError("The plan has no prompts; write one a line, or leave it empty for the usual ones.")
    return replace(plan, probes=tuple(probes))


def identity_words(plan: ComparePlan, trigger: str, subject: str) -> tuple[str, ...]:
    """One sentence for each prompt of the character that describes it: what words say need not have been learned."""
    told: dict[str, None] = {}
    for probe in plan.probes:
        if probe.kind not in WITH_TRIGGER and probe.kind != "class":
            continue
        for fragment in probe.prompt.replace(trigger, "").split(","):
            for word in _appearance(fragment.strip(), subject):
                told[
                    f"The prompt {probe.prompt!r} describes the character ({word!r}), so the base draws it without "
                    "having learned it; leave that out."
                ] = None
    return tuple(told)


def asked_in(prompt: str) -> dict[str, str]:
    """By slot, the first words of a prompt that say something of it."""
    asked: dict[str, str] = {}
    for fragment in (part.strip() for part in prompt.split(",")):
        tag = classify_tag(fragment)
        slot = _SLOT_OF.get(tag.slot)
        if tag.slot in ("pose", "camera") and _TURNED.fullmatch(fragment.lower()):
            slot = "turn"
        elif tag.slot == "pose" and classify_tag(_LEAD.sub("", fragment)).slot == "setting":
            slot = "place"
        if slot and fragment:
            asked.setdefault(slot, _LEAD.sub("", fragment) if slot in ("clothing", "place") else fragment)
    return asked


def _appearance(fragment: str, subject: str) -> Iterable[str]:
    if not fragment:
        return
    tag = classify_tag(fragment)
    if tag.row is not None:
        yield fragment
    elif tag.slot not in _PLAIN_SLOTS:
        yield from (found.text for found in appearance_in(fragment, subject))


def _templated(prompt: str, trigger: str, subject: str) -> str:
    """The first word for the class only: it may be part of another prompt's words."""
    named = prompt.replace(trigger, "{trigger}")
    return re.sub(rf"\b{re.escape(subject)}\b", "{subject}", named, count=1) if subject else named


def _heading(line: str) -> str | None:
    """The kind that a `#` line names; other such lines are remarks."""
    word = line.strip("# :").lower()
    return word if word in _HEADINGS else None


def _probe(line: str, heading: str | None, names: tuple[str, str], seeds: tuple[int, ...]) -> Probe:
    words, mark, told = line.partition("|")
    trigger, subject = names
    prompt = words.strip().replace("{trigger}", trigger).replace("{subject}", subject)
    kind, sentinel = _HEADINGS[heading] if heading else (_kind(prompt, trigger, subject), False)
    if kind in WITH_TRIGGER and trigger not in prompt:
        raise RecipeError(f"The prompt {words.strip()!r} stands under '# {heading}' and does not name {{trigger}}.")
    asked = _asked(told, line) if mark else asked_in(_without(prompt, trigger, subject))
    return Probe(kind=kind, prompt=prompt, asked={} if kind == "trigger" else asked, seeds=seeds, sentinel=sentinel)


def _kind(prompt: str, trigger: str, subject: str) -> Kind:
    if trigger in prompt:
        return "prompt" if _without(prompt, trigger, subject) else "trigger"
    return "class" if re.search(rf"\b{re.escape(subject)}\b", prompt) else "other"


def _without(prompt: str, trigger: str, subject: str) -> str:
    rest = re.sub(rf"\b{re.escape(subject)}\b", "", prompt.replace(trigger, ""), count=1)
    return ", ".join(part for each in rest.split(",") if (part := each.strip()))


def _asked(told: str, line: str) -> dict[str, str]:
    asked: dict[str, str] = {}
    for part in (part.strip() for part in told.split(";")):
        slot, mark, word = part.partition(":")
        if part and (not mark or not slot.strip() or not word.strip()):
            raise RecipeError(f"{part!r} in the line {line!r} is no 'slot: word', for example 'place: kitchen'.")
        if part:
            asked[slot.strip()] = word.strip()
    return asked


def _of_json(text: str, plan: ComparePlan) -> ComparePlan:
    try:
        data: object = json_value(text)
    except ValueError as fault:
        raise RecipeError(f"The plan begins like JSON and cannot be read as such: {fault}.") from fault
    given = checked_values(ComparePlan, cast(dict[str, Any], data), RecipeError)
    return ComparePlan.from_json({**plan.to_json(), **given})
