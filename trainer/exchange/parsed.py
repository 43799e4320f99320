"""The values in a settings file's text: TOML, YAML, JSON, a script that starts kohya's trainer, SimpleTuner's env."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import RecipeError, shortened
from .arguments import command_options
from .simpletuner.env import env_settings, is_env
from .strangers import stranger_list

Form = Literal["toml", "yaml", "json", "script", "env"]
_SCRIPTS = (".sh", ".bat", ".cmd", ".ps1")
_STARTS = ("train_network.py", "accelerate launch", "accelerate-launch")


@dataclass(frozen=True)
class Parsed:
    """A file's values, how they were written, and for a script the name of what it starts."""

    values: dict[str, Any]
    form: Form
    script: str = ""


def parsed(text: str, file: str) -> Parsed:
    """RecipeError in one sentence for what cannot be read."""
    form = form_of(text, file)
    try:
        if form == "script":
            script, options = command_options(text)
            return Parsed(options, form, script)
        data: Any = _READ[form](text)
    except Exception as fault:  # each parser has its own; a hostile file may also exhaust the stack
        raise RecipeError(f"{file} cannot be read: {_reason(fault)}.") from fault
    if isinstance(data, list) and (said := stranger_list(data)):  # type: ignore[reportUnknownArgumentType]
        raise RecipeError(f"{file} {said}.")
    if not isinstance(data, dict) or not data:
        raise RecipeError(f"{file} holds no settings.")
    return Parsed({str(key): value for key, value in data.items()}, form)  # type: ignore[reportUnknownVariableType]


def form_of(text: str, file: str) -> Form:
    """By the file's ending; by its look where that tells nothing."""
    name = file.lower()
    if name.endswith(".toml"):
        return "toml"
    if name.endswith((".yaml", ".yml")):
        return "yaml"
    if name.endswith(_SCRIPTS):
        return "script"
    if name.endswith(".env"):
        return "env"
    return "json" if name.endswith(".json") else guessed_form(text)


def guessed_form(text: str) -> Form:
    """The form of text without a name."""
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("{"):
        return "json"
    lines = [line for line in start.splitlines() if line.strip() and not line.lstrip().startswith(("#", "["))]
    if any(word in line for line in lines for word in _STARTS):
        return "script"
    if is_env(lines):
        return "env"
    return "toml" if bool(lines) and "=" in lines[0].partition("#")[0] else "yaml"


def _from_yaml(text: str) -> Any:
    """Plain YAML. Aliases are refused: a few of them, each of the one before, stand for more than memory holds."""
    import yaml

    class Plain(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            loader: Any = self
            if loader.check_event(yaml.AliasEvent):
                raise ValueError(
                    "it repeats parts by YAML aliases (*name), which settings files do not need: write them out"
                )
            return super().compose_node(parent, index)

    return yaml.load(text, Plain)


_READ: Mapping[Form, Any] = {"toml": tomllib.loads, "yaml": _from_yaml, "json": json.loads, "env": env_settings}


def _reason(fault: Exception) -> str:
    """One line of no great length; YAML's says its problem and where beneath the first."""
    problem, mark = getattr(fault, "problem", None), getattr(fault, "problem_mark", None)
    if problem and mark is not None:
        return shortened(f"{problem} in line {mark.line + 1}", 300)
    return shortened(str(fault).splitlines()[0] if str(fault) else repr(fault), 300)
