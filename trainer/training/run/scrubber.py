"""Takes out of words what tells of a machine and of whose it is: paths, folder names, user, host, secrets."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath, PureWindowsPath
from typing import Any, cast
from urllib.parse import quote

from ...errors import shortened

_SHORTEST, _ANYWHERE = 3, 6
"""Letters of a name that is looked for as a word, and of one that is looked for inside of words too."""
_LONGEST = 8000
"""Letters of a text: patterns for addresses take a time that grows with its square."""
_GENERIC = frozenset(
    (
        *("home", "user", "users", "root", "mnt", "media", "var", "tmp", "temp", "private", "volumes", "opt", "usr"),
        *("srv", "bin", "lib", "etc", "dev", "proc", "run", "runs", "data", "desktop", "documents", "downloads"),
        *("pictures", "images", "music", "videos", "appdata", "local", "roaming", "programs", "program files"),
        *("program files (x86)", "windows", "system32", "comfyui", "comfy", "custom_nodes", "models", "checkpoints"),
        *("loras", "output", "input", "likeness", "trainer", "train", "training", "project", "projects", "workspace"),
        *("work", "content", "app", "src", "python", "venv", "env", "cache", "site-packages", "true", "false", "none"),
        *("null", "utf-8", "held_out", "dataset", "regularisation", "samples"),
    )
)
"""Folders and values that anybody has: what holds them tells nothing."""
_SECRETS = (
    re.compile(r"\b(?:hf|ghp|gho|ghs|ghu|glpat|sk|pk|rk|xox[abpr])[_-][\w-]{8,}"),
    re.compile(r"\bgithub_pat_\w{8,}"),
    re.compile(r"\bAKIA[0-9A-Z]{12,}"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"),
    re.compile(r"(?<=bearer )\S+", re.IGNORECASE),
    re.compile(r"(?<=://)[^\s/@]+@"),
    re.compile(
        r"\b(?:api[_-]?key|access[_-]?key|token|secret|password|passwd)[\"']?\s*[=:]\s*[\"']?[^\s\"',;&]+", re.I
    ),
)
_CONTACTS = (
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
)
_SEPARATOR = r"(?:/|\\|%2F|%5C)"
_PART = r"(?:(?!%2F|%5C)[^/\\\n\"'|*?:;,])"
_BEGINS = r"(?<![\w.~/\\%-])(?:file:/*|\\\\\?\\)?(?:[A-Za-z](?::|%3A)|~[\w.-]*|\.{1,2})?"
_ENDINGS = (
    r"\.(?:png|jpe?g|webp|gif|bmp|tiff?|avif|txt|caption|json|jsonl|toml|ya?ml|py|safetensors|ckpt|pth?|gguf|bin|zip)\b"
)
_PATHS = (
    re.compile(rf"(?<!\w)(?<=[\"'])[^\"'\n]*{_SEPARATOR}[^\"'\n]*(?=[\"'](?!\w))", re.IGNORECASE),
    # A part may hold spaces where another separator follows it; the last one ends at the first space, or as a file.
    re.compile(
        rf"{_BEGINS}{_SEPARATOR}+(?=[^\s/\\])(?:{_PART}+{_SEPARATOR}+)*(?:{_PART}{{1,80}}?{_ENDINGS}|(?:(?!\s){_PART})*)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\w./\\-])[\w.-]+(?:[/\\][\w.-]+)*[/\\][\w.-]+\.[A-Za-z]\w{1,11}\b"),
)
PATH, FOLDER, USER, HOST, SECRET, CONTACT = "<path>", "<folder>", "<user>", "<host>", "<secret>", "<contact>"
_RESTS = re.compile(rf"(?:{PATH}|{FOLDER})(?:[/\\]*(?:{PATH}|{FOLDER}))+")


@dataclass(frozen=True)
class _Known:
    """A word that is known to tell something, and what stands in its place."""

    pattern: re.Pattern[str]
    instead: str


class Scrubber:
    """Replaces what is known to be personal, and whatever looks like a path, a secret or an address.

    `places` are folders and files of the machine, whose whole ways and single names go; `names` are further words with
    what stands in their place. Names of fewer than three letters and those that everybody's folders have stay where
    they stand alone, as words; in a path they go with it.
    """

    def __init__(self, places: Sequence[PurePath], names: Mapping[str, str]) -> None:
        whole = {way: PATH for place in places for way in _ways(place)}
        parts = {part: FOLDER for place in places for part in place.parts if tells(part)}
        told = {name: instead for name, instead in names.items() if len(name) >= _SHORTEST}
        self._known = [known for group in (told, whole, parts) for known in _longest_first(group)]

    def text(self, words: str) -> str:
        """`words` without any of it; of what is longer than anybody writes the middle is left out."""
        said = unicodedata.normalize("NFC", shortened(words, _LONGEST))
        for pattern in _SECRETS:
            said = pattern.sub(SECRET, said)
        for known in self._known:
            said = known.pattern.sub(lambda _, known=known: known.instead, said)
        for pattern in _PATHS:
            said = pattern.sub(PATH, said)
        for pattern in _CONTACTS:
            said = pattern.sub(CONTACT, said)
        return _RESTS.sub(PATH, said)

    def json(self, value: Any) -> Any:
        """The same of every text in a JSON value, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.json(each) for key, each in cast(Mapping[Any, Any], value).items()}
        if isinstance(value, list | tuple):
            return [self.json(each) for each in cast(Sequence[Any], value)]
        return value


def tells(part: str) -> bool:
    """Whether the name of a folder or the value of a variable is not what anybody has."""
    plain = part.strip("/\\: ")
    return len(plain) >= _SHORTEST and plain.casefold() not in _GENERIC and not plain.isdigit()


def _ways(place: PurePath) -> Iterator[str]:
    """How a whole path may be written; none for a root alone."""
    if len(place.parts) < 2:
        return
    windows = str(PureWindowsPath(*place.parts))
    yield from dict.fromkeys((place.as_posix(), str(place), windows, windows.replace("\\", "\\\\")))


def _longest_first(words: Mapping[str, str]) -> Iterator[_Known]:
    for word in sorted(words, key=len, reverse=True):
        spelled = "|".join(re.escape(each) for each in _spellings(word))
        pattern = spelled if len(word) >= _ANYWHERE else rf"(?<![^\W_])(?:{spelled})(?![^\W_])"
        yield _Known(re.compile(pattern, re.IGNORECASE), words[word])


def _spellings(word: str) -> list[str]:
    """As it is, as URLs write it, and as escapes write letters beyond ASCII."""
    plain = unicodedata.normalize("NFC", word)
    apart = unicodedata.normalize("NFD", word)
    escaped = plain.encode("unicode_escape").decode() if "\\" not in plain else plain
    made = (plain, apart, quote(plain, safe=""), quote(plain), quote(apart, safe=""), escaped)
    return sorted(dict.fromkeys(made), key=len, reverse=True)
