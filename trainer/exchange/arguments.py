"""Lists of `name=value` in others' settings: of the network, the optimizer, the schedule."""

import re
from typing import Any, cast

from .keys import Keys

_CONTINUED = re.compile(r"(?<![ \t])[ \t]*[\\^`][ \t]*(?:\r?\n|$)")
_ESCAPED = re.compile(r"(?<=\s)[\\^`]+(?=--)")
_NO_BLANKS = re.compile(r"\S+")
_NO_NAME = re.compile(r"\W")
_PYTHON = ".py"
_QUOTES = re.compile("[\"']")
_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+""")


def arguments(keys: Keys, name: str) -> Keys:
    """What the list holds, to be taken in turn and given back to `absorb`."""
    words = several(keys.raw(name))
    pairs: dict[str, str] = {}
    # A window writes them in one line, quoted or not.
    for word in words if len(words) != 1 else split(str(words[0])):
        setting, is_pair, given = str(word).partition("=")
        if is_pair and setting.strip():
            pairs[setting.strip()] = given.strip().strip("\"'")
        else:
            keys.note(name, word, "name=value belongs here")
    return Keys(pairs, keys.file, keys.whose)


def several(value: Any) -> list[Any]:
    """A list, or one value as a list of it; nothing as an empty one."""
    if value in (None, "", []):
        return []
    return list(cast("list[Any]", value)) if isinstance(value, (list, tuple)) else [value]


def split(line: str) -> list[str]:
    """Words of a command line, quotes taken off."""
    return [_QUOTES.sub("", word) for word in _WORD.findall(line)]


def options(line: str) -> dict[str, Any]:
    """`--name value`, `--name=value` and `--switch` of a command line; several values as a list."""
    found: dict[str, list[str]] = {}
    name = ""
    for word in split(line):
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            found[name] = [value] if value else []
        elif name:
            found[name].append(word)
    return {name: (values[0] if len(values) == 1 else values) if values else True for name, values in found.items()}


def command_options(text: str) -> tuple[str, dict[str, Any]]:
    """Of a script that starts a trainer: the name of what it starts, and the options behind that.

    ValueError where it starts none.
    """
    whole = _ESCAPED.sub("", _CONTINUED.sub(" ", text))
    lines = [line for line in whole.splitlines() if not line.lstrip().startswith(("#", "rem ", "REM ", "::"))]
    for line in lines:
        for word in _NO_BLANKS.finditer(line):
            if trainer := _trainer(word[0]):
                return trainer, options(line[word.end() :])
    raise ValueError("it starts no trainer (no …train….py in it)")


def _trainer(word: str) -> str:
    """The file's name where a word of a command line is a trainer's, "" for any other."""
    path = word[:-1] if word[-1] in "\"'" else word
    name = _NO_NAME.split(path[: -len(_PYTHON)])[-1]
    return name + _PYTHON if path.endswith(_PYTHON) and "train" in name else ""
