"""What `caption` and `captions` show and write: a bar while pictures are described, then remarks and figures."""

import argparse
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rich.console import Console

from .captions.batch import Captioned, caption_dataset, plan_captions
from .captions.captioners.captioner import Captioner
from .captions.captioners.store import CaptionStore
from .captions.prose.light import lighting_words
from .captions.review.lint import lint
from .captions.rules.apply import Ruled, apply_rules
from .captions.rules.caption_rules import CaptionRules
from .captions.rules.trigger import check_trigger
from .captions.sidecars import Written, write_sidecars
from .captions.tokenizers import find_tokenizers
from .console_dataset import told
from .dataset.dataset import Dataset, LeftOut
from .errors import DatasetError
from .storage.values import read_json

_console = Console(stderr=True)
_STORE = ".captions"


def follow_caption(options: argparse.Namespace) -> dict[str, Any]:
    """Describe pictures, apply the caption rules unless `--raw`, and write `.txt` files; run again to go on."""
    dataset = _read(options)
    store = CaptionStore((options.output or options.input) / _STORE)
    with _captioner(options) as captioner, told("captioning") as tell:
        plan = plan_captions(dataset, captioner, store, keep_hand=not options.over_hand)
        if plan.kept:
            _say(f"rewriting {plan.rewritten}, keeping {len(plan.kept)} written by hand")
        done = caption_dataset(
            dataset,
            captioner,
            store,
            keep_hand=not options.over_hand,
            progress=lambda done, total, sample: tell(done, total, sample.path.name),
        )
    _name(done.failed)
    ruled = None if options.raw else _ruled(done.dataset, _caption_rules(options), options)
    written = write_sidecars(ruled.dataset if ruled else done.dataset, options.output, over_hand=options.over_hand)
    _tell(ruled, written)
    return {"captioner": captioner.name, **_counts(done), **_figures(written), "pruned": _pruned(ruled)}


def follow_rules(options: argparse.Namespace) -> dict[str, Any]:
    """Rewrite the captions of a folder by the rules; those by hand stay unless asked."""
    rules = replace(_caption_rules(options), rewrite_hand=options.over_hand)
    ruled = _ruled(_read(options), rules, options)
    written = write_sidecars(ruled.dataset, options.output, over_hand=options.over_hand)
    _tell(ruled, written)
    changed = sum(diff.changed for diff in ruled.diffs)
    return {"pictures": len(ruled.diffs), "changed": changed, **_figures(written), "pruned": _pruned(ruled)}


def follow_lint(options: argparse.Namespace) -> dict[str, Any]:
    """Say what is wrong with the captions of a folder and with its trigger."""
    from .dataset.files.layout import CAPTION_SUFFIXES

    dataset = _read(options)
    texts = [path for path in sorted(options.input.rglob("*")) if path.suffix in CAPTION_SUFFIXES]
    findings = [remark.finding for remark in lint(dataset, _caption_rules(options), texts)]
    findings += check_trigger(dataset.trigger, dataset, find_tokenizers(options.comfyui) if options.comfyui else {})
    for finding in findings:
        sys.stdout.write(f"{finding.level}: {finding.text}\n")
    levels = Counter(finding.level for finding in findings)
    checks = Counter(finding.check for finding in findings)
    return {"pictures": len(dataset.samples), "levels": dict(levels), "checks": dict(checks)}


@contextmanager
def _captioner(options: argparse.Namespace) -> Generator[Captioner]:
    """The captioner asked for, its memory given back at the end of the block."""
    if options.captioner == "wd14":
        from .captions.captioners.tagger_files import DEFAULT_TAGGER, find_tagger
        from .captions.captioners.wd14 import Wd14

        with Wd14(files=find_tagger(options.name or DEFAULT_TAGGER, options.models)) as tagger:
            yield tagger
        return
    from .captions.captioners.joycaption import JoyCaption
    from .captions.captioners.joycaption_files import DEFAULT_JOYCAPTION, find_joycaption

    folder = find_joycaption(options.name or DEFAULT_JOYCAPTION, options.models)
    with JoyCaption(folder=folder, precision=options.precision, device=options.device) as joy:
        yield joy


def _read(options: argparse.Namespace) -> Dataset:
    from .dataset.files.folder import read_dataset

    with told("reading") as tell:
        dataset = read_dataset(
            options.input,
            trigger=options.trigger,
            subject=options.subject,
            recursive=options.recursive,
            progress=tell,
        )
    _name(dataset.left_out)
    return dataset


def _ruled(dataset: Dataset, rules: CaptionRules, options: argparse.Namespace) -> Ruled:
    """The captions by the rules, with the light told from the pictures where nobody speaks of it."""
    if options.no_light:
        return apply_rules(dataset, rules)
    with told("light") as tell:
        light = lighting_words(dataset, progress=tell)
    return apply_rules(dataset, rules, lighting=light)


def _caption_rules(options: argparse.Namespace) -> CaptionRules:
    return CaptionRules.from_json(read_json(options.rules, DatasetError)) if options.rules else CaptionRules()


def _tell(ruled: Ruled | None, written: Written) -> None:
    for finding in ruled.findings if ruled else ():
        _say(finding.text)
    _name((*written.kept, *written.failed))


def _name(left: tuple[LeftOut, ...]) -> None:
    for one in left:
        _say(f"{one.name}: {one.why}", style="yellow")


def _say(line: str, style: str = "dim") -> None:
    _console.print(line, style=style, highlight=False, soft_wrap=True, markup=False)


def _counts(done: Captioned) -> dict[str, int]:
    plan = done.plan
    return {"pictures": len(done.dataset.samples), "asked": len(plan.new), "known": len(plan.known)}


def _figures(written: Written) -> dict[str, int]:
    return {
        "written": len(written.paths),
        "unchanged": written.unchanged,
        "kept": len(written.kept),
        "failed": len(written.failed),
    }


def _pruned(ruled: Ruled | None) -> int:
    return sum(len(diff.removed) for diff in ruled.diffs) if ruled else 0
