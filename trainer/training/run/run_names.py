"""Which runs lie in a folder; asked whenever the graph lists them, so nothing heavy is imported for it."""

from pathlib import Path


def run_names(folder: Path) -> list[str]:
    """Folders in `folder` that a run was made in, by name."""
    try:
        found = [path.name for path in folder.iterdir() if (path / "recipe.json").is_file()]
    except OSError:
        return []
    return sorted(found, key=str.casefold)
