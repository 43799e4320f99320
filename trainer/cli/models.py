"""`models`: what can be added, where it is published, under which terms, where it goes, and whether it is here."""

from argparse import Namespace
from pathlib import Path

from .command import AddParser, Figures
from .progress import say


def add(command: AddParser) -> None:
    models = command("models", help="face readers, taggers, adapters, encoders: links, sizes, terms, what is here")
    models.set_defaults(command=_models)
    models.add_argument(
        "--models",
        type=Path,
        action="append",
        default=[],
        help="folder laid out as ComfyUI's models folder is; may be repeated. Without one nothing is looked for",
    )


def _models(options: Namespace) -> Figures:
    from ..downloads.found import Places, model_rows

    rows = model_rows(Places.below(options.models))
    group = ""
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            say(group, "bold")
        here = "here" if not row["lacks"] else "not here"
        say(f"  {row['title']}: {here}, {row['size']}, {row['licence']}, {row['folder']}", None)
        say(f"    {row['page']}", None)
    return {"models": rows}
