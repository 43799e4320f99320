"""`dataset check | crop | pick | mix | save`: a folder of pictures looked over, cut, thinned out, joined, written."""

import argparse
from pathlib import Path
from typing import Any


def add_dataset(commands: Any) -> None:
    """Hang the `dataset` command and its verbs under `commands`."""
    dataset = commands.add_parser("dataset", help="check, crop, pick, mix and save a folder of pictures")
    verbs = dataset.add_subparsers(required=True, metavar="verb")
    _add_check(verbs)
    _add_crop(verbs)
    _add_pick(verbs)
    _add_mix(verbs)
    _add_save(verbs)


def _add_check(verbs: Any) -> None:
    check = _verb(verbs, "check", "look every picture and the set over; changes nothing")
    check.set_defaults(command=_check)
    check.add_argument("--resolution", type=int, default=1024, help="side to be trained at (default: 1024)")
    add_faces(check, default="auto")


def _add_crop(verbs: Any) -> None:
    crop = _verb(verbs, "crop", "cut squares around faces, or figures with close-ups")
    crop.set_defaults(command=_crop)
    crop.add_argument("--mode", choices=("face", "body"), default="face")
    crop.add_argument("--share", type=float, default=0.6, help="part of the height the face fills (default: 0.6)")
    crop.add_argument("--size", type=int, default=1024, help="side in pixels (default: 1024)")
    crop.add_argument("--keep-faceless", action="store_true", help="keep pictures without a face whole")
    add_faces(crop, default="auto")


def _add_pick(verbs: Any) -> None:
    pick = _verb(verbs, "pick", "take the pictures that teach most out of many")
    pick.set_defaults(command=_pick)
    pick.add_argument("--count", type=int, default=30, help="how many to take (default: 30)")
    pick.add_argument("--baselines", nargs="+", default=[], metavar="NAME", help="up to three pictures")
    add_faces(pick, default="auto")


def _add_mix(verbs: Any) -> None:
    mix = verbs.add_parser("mix", help="join folders at a ratio")
    mix.set_defaults(command=_mix)
    mix.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    mix.add_argument("--shares", required=True, metavar="60/40", help="one number a folder")
    add_words(mix)
    _add_target(mix)


def _add_save(verbs: Any) -> None:
    save = _verb(verbs, "save", "write pictures and captions for a trainer")
    save.set_defaults(command=_save)
    save.add_argument("--layout", choices=("kohya", "ai-toolkit", "json"), default="kohya")
    save.add_argument("--overwrite", action="store_true", help="replace pictures and captions that differ")


def _verb(verbs: Any, name: str, words: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=words)
    verb.add_argument("folder", type=Path, metavar="FOLDER", help="folder of pictures with captions beside them")
    add_words(verb)
    _add_target(verb)
    return verb


def add_words(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--trigger", help="word for the character (default: from the folder's name)")
    verb.add_argument("--subject", default="person", help="class word (default: person)")
    verb.add_argument("--held-out", type=int, default=0, help="pictures kept out of training to judge by")
    verb.add_argument("--recursive", action="store_true", help="read folders inside the folder too")
    verb.add_argument("--alpha", default="white", help="colour behind transparency, or `mask` (default: white)")


def _add_target(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--out", type=Path, required=True, help="folder for what is made")


def add_faces(verb: argparse.ArgumentParser, default: str) -> None:
    verb.add_argument("--faces", default=default, help="face reader: auto, a name, demo, or none (default: auto)")
    verb.add_argument(
        "--models", type=Path, action="append", default=[], help="folder with face models; may be repeated"
    )
    verb.add_argument("--device", default="cpu", help="cpu or cuda")


def _check(options: argparse.Namespace) -> dict[str, Any]:
    from .console_dataset import follow_check

    return follow_check(options)


def _crop(options: argparse.Namespace) -> dict[str, Any]:
    from .console_dataset import follow_crop

    return follow_crop(options)


def _pick(options: argparse.Namespace) -> dict[str, Any]:
    from .console_dataset import follow_pick

    return follow_pick(options)


def _mix(options: argparse.Namespace) -> dict[str, Any]:
    from .console_dataset import follow_mix

    return follow_mix(options)


def _save(options: argparse.Namespace) -> dict[str, Any]:
    from .console_dataset import follow_save

    return follow_save(options)
