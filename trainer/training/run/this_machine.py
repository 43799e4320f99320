"""What tells of this machine and of who works at it: to be taken out of what is shown to others."""

import getpass
import os
import re
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from .scrubber import HOST, PATH, SECRET, USER, Scrubber, tells

_SHORTEST_VALUE = 6
"""Letters of a variable's value that can tell anything."""
_NUMBERS = re.compile(r"[\d.+-]+\w*")


def scrubber_of_this_machine(places: Iterable[Path], names: Mapping[str, str]) -> Scrubber:
    """Knows besides the user, the host, the home and the values of the process's variables."""
    known = [*places, *_usual_places()]
    ways = [way for place in known for way in (place, _resolved(place))]
    return Scrubber(ways, {**dict(_values()), **dict(_people()), **names})


def _usual_places() -> Iterator[Path]:
    yield from (Path.cwd(), Path(tempfile.gettempdir()), Path(sys.prefix), Path(__file__).parents[3])
    try:
        yield Path.home()
    except RuntimeError:
        return


def _people() -> Iterator[tuple[str, str]]:
    host = socket.gethostname()
    yield from ((name, HOST) for name in (host, host.partition(".")[0]) if tells(name))
    with suppress(OSError, KeyError, ImportError):  # a container's user may have no name
        if tells(user := getpass.getuser()):
            yield user, USER


def _values() -> Iterator[tuple[str, str]]:
    """Of the process's variables; lists of paths one by one."""
    for value in os.environ.values():
        for part in (value, *value.split(os.pathsep)):
            if len(part) >= _SHORTEST_VALUE and tells(part) and not _NUMBERS.fullmatch(part):
                yield part, PATH if os.sep in part else SECRET


def _resolved(place: Path) -> Path:
    try:
        return place.resolve()
    except OSError:
        return place
