"""Where the pack writes, and where datasets lie that may name its pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

RUNS = "likeness"


@dataclass(frozen=True, kw_only=True)
class Places:
    """`output` is the host's folder, `runs` the one with a folder a run; a folder that is not there holds nothing.

    `datasets` are roots in which datasets are saved, looked into for what they name and never removed from. `loras` are
    the folders that chosen LoRAs are put into, `temp` the host's own for what may be lost.
    """

    output: Path
    runs: Path
    datasets: tuple[Path, ...] = ()
    loras: tuple[Path, ...] = ()
    temp: Path | None = None

    @property
    def pictures(self) -> Path:
        return self.output / "likeness_pictures"

    @property
    def compared(self) -> Path:
        return self.output / "likeness_compared"

    @property
    def saved(self) -> Path:
        return self.output / "likeness_datasets"

    @property
    def previews(self) -> Path | None:
        return None if self.temp is None else self.temp / "likeness_previews"

    @property
    def told(self) -> tuple[tuple[str, Path, str], ...]:
        """What is told for its size alone: a word, the folder, and why it stays."""
        return (
            ("captions", self.output / "likeness_captions", "captioners take long to say it again"),
            ("datasets", self.saved, "you saved them"),
            ("demo", self.output / "likeness_demo", "the demo's drawings"),
            *(("loras", folder / "likeness", "you chose them") for folder in self.loras),
        )

    def within(self, path: Path) -> bool:
        """Whether something may be removed at `path`: it lies in one of the folders, and no link leads there."""
        roots = (self.runs, self.pictures, self.compared, self.saved, *([self.previews] if self.previews else []))
        return any(lies_within(root, path) for root in roots)


def places_below(folder: Path, keeps: Sequence[Path] = ()) -> Places:
    """Of a ComfyUI's output folder, or of a folder that holds runs; beside it its input, models and temp folders.

    `keeps` are more roots of datasets.
    """
    folder = folder.resolve()
    output = folder if (folder / RUNS).is_dir() or not _holds_runs(folder) else folder.parent
    runs = folder if output != folder else folder / RUNS
    base = output.parent
    beside = [path for path in (base / "input", base / "datasets") if path.is_dir()]
    return Places(
        output=output,
        runs=runs,
        datasets=(*keeps, *beside),
        loras=tuple(path for path in (base / "models" / "loras",) if path.is_dir()),
        temp=base / "temp" if (base / "temp").is_dir() else None,
    )


def lies_within(root: Path, path: Path) -> bool:
    """Whether `path` is below `root` with no link on the way, `root` among them: by name and by where it really is."""
    if not path.is_relative_to(root) or path == root or ".." in path.parts or root.is_symlink():
        return False
    return path.parent.resolve() / path.name == root.resolve() / path.relative_to(root)


def files_below(folder: Path) -> Iterator[Path]:
    """All files at any depth, links neither given nor followed; none of a folder that is a link, gone, or refuses."""
    try:
        entries = [] if folder.is_symlink() else sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from files_below(path)
        elif path.is_file():
            yield path


def _holds_runs(folder: Path) -> bool:
    return any(folder.glob("*/recipe.json"))
