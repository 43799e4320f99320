"""What the page's sidebar tells of models that can be added: links, sizes, terms, places, and what is here."""

from __future__ import annotations

from typing import Any

from ..host.adapter_files import adapter_folders
from ..host.model_folders import clip_folders, face_folders, joycaption_folders, tagger_folders
from ..host.routes import serve


def serve_models() -> None:
    """Let the page list them; nothing is fetched."""
    serve("/likeness/models", lambda _: {"models": shown_models()})


def shown_models() -> list[dict[str, Any]]:
    """Every model of the table, looked for in the host's folders."""
    from ...trainer.downloads.found import Places, model_rows

    places = Places(
        faces=face_folders(),
        taggers=tagger_folders(),
        talkers=joycaption_folders(),
        adapters=adapter_folders(),
        words=clip_folders(),
    )
    return model_rows(places)
