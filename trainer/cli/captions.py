"""`caption` and `captions rules | lint`: pictures described, identity pruned, and the texts looked over."""

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..captions.batch import Captioned, caption_dataset, plan_captions
from ..captions.captioners.captioner import Captioner
from ..captions.captioners.joycaption_files import DEFAULT_JOYCAPTION, find_joycaption
from ..captions.captioners.store import CaptionStore
from ..captions.captioners.tagger_files import DEFAULT_TAGGER, find_tagger
from ..captions.prose.light import lighting_words
from ..captions.review.lines import lint_lines
from ..captions.review.lint import lint
from ..captions.rules.apply import Ruled, apply_rules
from ..captions.rules.caption_rules import CaptionRules
from ..captions.rules.trigger import Tokenizers, check_trigger
from ..captions.sidecars import Written, write_sidecars
from ..captions.tokenizers import find_tokenizers
from ..dataset.dataset import Dataset
from ..dataset.files.folder import read_dataset
from ..dataset.files.layout import CAPTION_SUFFIXES
from ..errors import DatasetError
from ..storage.values import read_json
from .command import AddParser, Figures
from .folder import add_trigger, name_left_out, naming_models, say_unused
from .progress import progress, say

_STORE = ".captions"


def add(command: AddParser) -> None:
    _add_caption(command)
    captions = command("captions", help="apply the caption rules, or look captions over")
    verbs = captions.add_subparsers(required=True, metavar="verb").add_parser
    rules = verbs("rules", help="prune identity, order and write the captions of a folder")
    rules.set_defaults(command=_rules)
    _add_folder(rules)
    rules.add_argument("--output", type=Path, help="folder for the .txt files (default: beside the pictures)")
    rules.add_argument("--over-hand", action="store_true", help="rewrite captions written by hand too")
    _add_light(rules)
    lint = verbs("lint", help="say what is wrong with captions and trigger; changes nothing")
    lint.set_defaults(command=_lint)
    _add_folder(lint)
    lint.add_argument("--comfyui", type=Path, help="ComfyUI's folder: its tokenizers show how the trigger is split")


def _add_caption(command: AddParser) -> None:
    caption = command("caption", help="describe the pictures of a folder with WD14 or JoyCaption")
    caption.set_defaults(command=_caption)
    caption.add_argument("--input", type=Path, required=True, metavar="FOLDER", help="folder of pictures")
    caption.add_argument("--output", type=Path, help="folder for the .txt files (default: beside the pictures)")
    caption.add_argument("--with", dest="captioner", choices=("wd14", "joycaption"), default="wd14")
    caption.add_argument("--name", help=f"which model (default: {DEFAULT_TAGGER}, or {DEFAULT_JOYCAPTION})")
    caption.add_argument("--models", type=Path, action="append", default=[], help="folder with models; may be repeated")
    caption.add_argument("--precision", choices=("bf16", "int8", "nf4"), default="bf16", help="of JoyCaption")
    caption.add_argument("--device", default="cpu", help="cpu or cuda")
    caption.add_argument("--raw", action="store_true", help="write what was said, without the caption rules")
    caption.add_argument("--over-hand", action="store_true", help="rewrite captions written by hand too")
    _add_light(caption)
    _add_words(caption)


def _add_folder(verb: ArgumentParser) -> None:
    verb.add_argument("input", type=Path, metavar="FOLDER", help="folder of pictures with captions beside them")
    _add_words(verb)


def _add_light(verb: ArgumentParser) -> None:
    verb.add_argument("--no-light", action="store_true", help="do not tell the light from pictures where nobody did")


def _add_words(verb: ArgumentParser) -> None:
    add_trigger(verb)
    verb.add_argument("--recursive", action="store_true", help="read folders inside the folder too")
    verb.add_argument("--rules", type=Path, help="caption rules as JSON (default: the guide's)")


def _caption(options: Namespace) -> Figures:
    """Describe pictures, apply the caption rules unless `--raw`, and write `.txt` files; run again to go on."""
    dataset = _read(options)
    store = CaptionStore((options.output or options.input) / _STORE)
    with _captioner(options) as captioner, progress("captioning") as report:
        plan = plan_captions(dataset, captioner, store, keep_hand=not options.over_hand)
        if plan.kept:
            say(f"rewriting {plan.rewritten}, keeping {len(plan.kept)} written by hand")
        done = caption_dataset(
            dataset,
            captioner,
            store,
            keep_hand=not options.over_hand,
            progress=lambda done, total, sample: report(done, total, sample.path.name),
        )
    name_left_out(done.failed)
    ruled = None if options.raw else _ruled(done.dataset, _caption_rules(options), options)
    written = write_sidecars(ruled.dataset if ruled else done.dataset, options.output, over_hand=options.over_hand)
    _say_remarks(ruled, written)
    return {"captioner": captioner.name, **_counts(done), **_figures(written), "pruned": _pruned(ruled)}


def _rules(options: Namespace) -> Figures:
    """Rewrite the captions of a folder by the rules; those by hand stay unless asked."""
    rules = replace(_caption_rules(options), rewrite_hand=options.over_hand)
    ruled = _ruled(_read(options), rules, options)
    written = write_sidecars(ruled.dataset, options.output, over_hand=options.over_hand)
    _say_remarks(ruled, written)
    changed = sum(diff.changed for diff in ruled.diffs)
    return {"pictures": len(ruled.diffs), "changed": changed, **_figures(written), "pruned": _pruned(ruled)}


def _lint(options: Namespace) -> Figures:
    """Say what is wrong with the captions of a folder and with its trigger."""
    dataset = _read(options)
    texts = [path for path in sorted(options.input.rglob("*")) if path.suffix in CAPTION_SUFFIXES]
    rules = _caption_rules(options)
    remarks = lint(dataset, rules, texts)
    tokenizers: Tokenizers = find_tokenizers(options.comfyui, rules.family) if options.comfyui else {}
    of_trigger = check_trigger(dataset.trigger, dataset, tokenizers)
    for level, text in (*lint_lines(remarks), *((finding.level, finding.text) for finding in of_trigger)):
        sys.stdout.write(f"{level}: {text}\n")
    findings = [*(remark.finding for remark in remarks), *of_trigger]
    levels = Counter(finding.level for finding in findings)
    checks = Counter(finding.check for finding in findings)
    return {"pictures": len(dataset.samples), "levels": dict(levels), "checks": dict(checks)}


@contextmanager
def _captioner(options: Namespace) -> Generator[Captioner]:
    """The captioner asked for, its memory given back at the end of the block."""
    if options.captioner == "wd14":
        from ..captions.captioners.wd14 import Wd14

        with naming_models():
            files = find_tagger(options.name or DEFAULT_TAGGER, options.models)
        with Wd14(files=files) as tagger:
            yield tagger
        return
    from ..captions.captioners.joycaption import JoyCaption

    with naming_models():
        folder = find_joycaption(options.name or DEFAULT_JOYCAPTION, options.models)
    with JoyCaption(folder=folder, precision=options.precision, device=options.device) as joy:
        yield joy


def _read(options: Namespace) -> Dataset:
    with progress("reading") as report:
        dataset = read_dataset(
            options.input,
            trigger=options.trigger,
            subject=options.subject,
            recursive=options.recursive,
            progress=report,
        )
    say_unused(dataset)
    return dataset


def _ruled(dataset: Dataset, rules: CaptionRules, options: Namespace) -> Ruled:
    """The captions by the rules, with the light told from the pictures where nobody speaks of it."""
    if options.no_light:
        return apply_rules(dataset, rules)
    with progress("light") as report:
        light = lighting_words(dataset, progress=report)
    return apply_rules(dataset, rules, lighting=light)


def _caption_rules(options: Namespace) -> CaptionRules:
    return CaptionRules.from_json(read_json(options.rules, DatasetError)) if options.rules else CaptionRules()


def _say_remarks(ruled: Ruled | None, written: Written) -> None:
    for finding in ruled.findings if ruled else ():
        say(finding.text)
    name_left_out((*written.kept, *written.failed))


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
