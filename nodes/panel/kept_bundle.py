"""The diagnostic bundle of a run that lies in its folder: what it would hold, and the zip itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...trainer.errors import LikenessError
from ..host.compute import device
from ..host.folders import run_folder
from ..host.routes import serve, serve_zip
from ..host.version import host_versions

if TYPE_CHECKING:
    from ...trainer.training.run.bundle import Bundle

_MOST_LETTERS = 20_000
"""Of one file that is shown before it is saved."""


def serve_bundles() -> None:
    """Let the page show and save the bundle of the run of a name."""
    serve("/likeness/bundle", shown_bundle)
    serve_zip("/likeness/bundle.zip", "likeness_diagnostics.zip", packed_bundle)


def shown_bundle(query: Mapping[str, str]) -> dict[str, Any]:
    """Its files with their beginnings; why there is none, as `fault`."""
    try:
        bundle = _bundle(query)
    except LikenessError as fault:
        return {"fault": str(fault)}
    texts = bundle.files
    return {
        "files": [
            {
                **part,
                "text": texts[part["name"]][:_MOST_LETTERS],
                "is_cut": len(texts[part["name"]]) > _MOST_LETTERS,
            }
            for part in bundle.contents
        ]
    }


def packed_bundle(query: Mapping[str, str]) -> bytes:
    """The zip; LikenessError where there is none."""
    return _bundle(query).zipped()


def _bundle(query: Mapping[str, str]) -> Bundle:
    """Of a folder of output/likeness alone, in which nothing is a link; LikenessError for any other name."""
    from ...trainer.planning.plan_of_run import figures_of_run
    from ...trainer.training.run.bundle import bundle_of
    from ...trainer.training.run.bundle_parts import Asked

    folder = run_folder(query.get("name", ""))
    asked = Asked(names=query.get("names") == "1", captions=query.get("captions") == "1")
    return bundle_of(folder, asked, plan=figures_of_run(folder, device()), host=host_versions())
