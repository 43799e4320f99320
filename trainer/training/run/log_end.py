"""The last events of a log, found from its end: a list of hundreds of runs must not read each of their losses."""

from collections.abc import Callable, Mapping
from pathlib import Path

from .events import Event, event_of_line


def last_events(log: Path, wanted: Mapping[type[Event], Callable[[Event], bool]]) -> dict[type[Event], Event]:
    """The last event of each wanted kind that passes; kinds without one are left out."""
    if not log.is_file():
        return {}
    open_kinds = {f'"{kind.__name__.lower()}"'.encode(): kind for kind in wanted}
    found: dict[type[Event], Event] = {}
    for line in reversed(log.read_bytes().splitlines()):
        if not open_kinds:
            break
        # The kind comes first in a line.
        mark = next((mark for mark in open_kinds if mark in line[:64]), None)
        event = event_of_line(line.decode("utf-8", "replace"), log.parent) if mark else None
        if mark is None or not isinstance(event, kind := open_kinds[mark]) or not wanted[kind](event):
            continue
        found[kind] = event
        del open_kinds[mark]
    return found
