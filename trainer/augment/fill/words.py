"""Prompts and captions of made pictures: the reference's words, with the view's where they speak of the same."""

from ...captions.prose.parse import parse
from ...captions.prose.tags import classify_tag
from ...captions.rules.compose import spelling
from .plan import FillPlan
from .view import View


def reworded(caption: str, view: View) -> str:
    """The caption with the view's words where it spoke of the same, else before its style.

    Sentences are left out: they tell of the reference what may no longer be so.
    """
    new, old = parse(view.words).tags, parse(caption).tags
    slots = {_slot(tag) for tag in new} - {"subject"}
    place = next((n for n, tag in enumerate(old) if _slot(tag) in (*slots, "style")), len(old))
    before, after = ([tag for tag in part if _slot(tag) not in slots] for part in (old[:place], old[place:]))
    return ", ".join((*before, *new, *after))


def captioned(caption: str, view: View, trigger: str, subject: str) -> str:
    """`reworded`, with trigger and subject at the front where the reference had no caption to take them from."""
    return reworded(caption if caption.strip() else ", ".join(part for part in (trigger, subject) if part), view)


def prompt_for(caption: str, view: View, trigger: str, plan: FillPlan) -> str:
    """What the model is asked: an instruction to an edit model, else looks and caption without the trigger."""
    if plan.way == "edit":
        return " ".join(part for part in (view.instruction, plan.keep.strip()) if part)
    named = spelling(trigger)
    plain = [" ".join(named.sub(" ", tag).split()) for tag in reworded(caption, view).split(",")]
    return ", ".join(part for part in (plan.looks.strip(" ,"), *plain) if part)


def _slot(tag: str) -> str:
    return classify_tag(tag).slot
