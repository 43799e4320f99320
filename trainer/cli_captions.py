"""`caption` and `captions rules | lint`: pictures described, identity pruned, and the texts looked over."""

import argparse
from pathlib import Path
from typing import Any

from .captions.captioners.joycaption_files import DEFAULT_JOYCAPTION
from .captions.captioners.tagger_files import DEFAULT_TAGGER


def add_captions(commands: Any) -> None:
    """Hang the `caption` command and the verbs of `captions` under `commands`."""
    _add_caption(commands)
    captions = commands.add_parser("captions", help="apply the caption rules, or look captions over")
    verbs = captions.add_subparsers(required=True, metavar="verb")
    rules = verbs.add_parser("rules", help="prune identity, order and write the captions of a folder")
    rules.set_defaults(command=_rules)
    _add_folder(rules)
    rules.add_argument("--output", type=Path, help="folder for the .txt files (default: beside the pictures)")
    rules.add_argument("--over-hand", action="store_true", help="rewrite captions written by hand too")
    _add_light(rules)
    lint = verbs.add_parser("lint", help="say what is wrong with captions and trigger; changes nothing")
    lint.set_defaults(command=_lint)
    _add_folder(lint)
    lint.add_argument("--comfyui", type=Path, help="ComfyUI's folder: its tokenizers show how the trigger is split")


def _add_caption(commands: Any) -> None:
    caption = commands.add_parser("caption", help="describe the pictures of a folder with WD14 or JoyCaption")
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


def _add_folder(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("input", type=Path, metavar="FOLDER", help="folder of pictures with captions beside them")
    _add_words(verb)


def _add_light(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--no-light", action="store_true", help="do not tell the light from pictures where nobody did")


def _add_words(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--trigger", help="word for the character (default: from the folder's name)")
    verb.add_argument("--subject", default="person", help="class word (default: person)")
    verb.add_argument("--recursive", action="store_true", help="read folders inside the folder too")
    verb.add_argument("--rules", type=Path, help="caption rules as JSON (default: the guide's)")


def _caption(options: argparse.Namespace) -> dict[str, Any]:
    from .console_captions import follow_caption

    return follow_caption(options)


def _rules(options: argparse.Namespace) -> dict[str, Any]:
    from .console_captions import follow_rules

    return follow_rules(options)


def _lint(options: argparse.Namespace) -> dict[str, Any]:
    from .console_captions import follow_lint

    return follow_lint(options)
