"""Who watches long work over pictures, and asks it to stop."""


class Watcher:
    """Notes what it is told; asks to stop once `stop_after` steps are done."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.told: list[tuple[int, int, str]] = []
        self._stop_after = stop_after

    def progress(self, done: int, total: int, name: str) -> None:
        self.told.append((done, total, name))

    def cancelled(self) -> bool:
        return self._stop_after is not None and len(self.told) >= self._stop_after
