"""Every input of every node: widgets out of range and of other types, names that are paths, wires with other values."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from . import values

HEAVY = {
    "LikenessFillGaps",
    "LikenessMakeStyleVariants",
    "LikenessTrainCharacterLora",
    "LikenessCompareCheckpoints",
    "LikenessBalance",
    "LikenessCheckMotion",
    "LikenessCheckInstallation",
    "LikenessPlanRun",
}
"""Nodes that compute for seconds where nothing is wrong: fewer cases."""
_HEAVY_SHARE = 0.15
JUNK = (
    "none",
    "json",
    "bytes",
    "class",
    "function",
    "nan image",
    "inf image",
    "no image",
    "thin image",
    "one pixel",
    "grey image",
    "alpha image",
    "many channels",
    "flat",
    "scalar",
    "integers",
    "complex",
    "double",
    "wide",
    "images",
    "mask",
    "latent",
    "empty latent",
    "list of images",
    "conditioning",
    "empty conditioning",
)
_USUAL = {
    "folder": "input/good",
    "reader": "demo drawings",
    "name": "fuzzed",
    "save_as": "fuzzed",
    "captions": "sage_character, smiling",
    "are": None,
    "review": "",
    "shares": "60/40",
    "loras": "likeness/kept*",
    "lora": "likeness/kept.safetensors",
    "lora_name": "likeness/kept.safetensors",
    "adapter": "Demo adapter",
    "pick": "",
    "gaps": "",
    "size": 64,
    "steps": 1,
    "resolution": 128,
    "seeds": 1,
    "most": 1,
    "prompts": "from the text below",
    "prompt_text": "sage_character, person",
}
_PICTURE = "0" * 63
REVIEWS = (
    {
        "kept": ["a" * 64],
        "dropped": ["b" * 64 + "#2"],
        "waived": {"c" * 64: ["blurred"]},
        "waived_of_set": ["few close-ups"],
    },
    {"captions": {"a" * 64: "text"}, "sources": {"b" * 64: 1}, "source": 1, "appearance": {"hair": "keep"}},
    {"step": 3, "strength": 0.8},
)


def cases_of(infos: dict[str, Any], count: int) -> dict[str, int]:
    """How many cases each node gets. One without an input is always the same."""
    ours = sorted(name for name in infos if name.startswith("Likeness"))
    bare = [name for name in ours if not any(infos[name]["input"].get(part) for part in ("required", "optional"))]
    heavy = [name for name in ours if name in HEAVY and name not in bare]
    light = [name for name in ours if name not in HEAVY and name not in bare]
    few = max(2, int(count / len(ours) * _HEAVY_SHARE))
    each, more = divmod(count - few * len(heavy) - len(bare), max(len(light), 1))
    of_light = {name: each + (number < more) for number, name in enumerate(light)}
    return {**dict.fromkeys(bare, 1), **dict.fromkeys(heavy, few), **of_light}


@st.composite
def node_prompts(draw: Callable[..., Any], kind: str, info: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    """A prompt with one such node and what is wired into it."""
    prompt: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    declared = [
        (name, spec, part) for part in ("required", "optional") for name, spec in info["input"].get(part, {}).items()
    ]
    names = [name for name, _, _ in declared]
    hostile = draw(st.sets(st.sampled_from(names), max_size=3)) if names else set()
    for name, spec, part in declared:
        is_bad = name in hostile
        if part == "optional" and not is_bad and name not in _USUAL and draw(st.integers(0, 2)) == 0:
            continue
        for key, value in _given(draw, name, spec, is_bad, kept, prompt):
            inputs[key] = value
    if draw(st.integers(0, 30)) == 0:
        inputs[draw(values.words)] = draw(values.plain)
    prompt["node"] = {"class_type": kind, "inputs": inputs}
    if not info["output_node"]:
        prompt["keep"] = {"class_type": "FuzzKeep", "inputs": {"value": ["node", 0], "key": "made"}}
    return prompt


def _given(
    draw: Callable[..., Any],
    name: str,
    spec: list[Any],
    is_bad: bool,
    kept: set[str],
    prompt: dict[str, Any],
) -> list[tuple[str, Any]]:
    takes, settings = spec[0], spec[1] if len(spec) > 1 else {}
    if takes == "COMFY_AUTOGROW_V3":
        prefix = settings["template"]["prefix"]
        inner = next(iter(next(part for part in settings["template"]["input"].values() if part).values()))[0]
        many = draw(st.integers(0, 4)) if is_bad else 2
        link = lambda: _link(draw, inner, is_bad and draw(st.booleans()), kept, prompt)  # noqa: E731
        return [(f"{name}.{prefix}{number}", link()) for number in range(many)]
    if takes in ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO") or isinstance(takes, list):
        if not is_bad:
            return [(name, _usual(name, takes, settings))]
        if draw(st.integers(0, 24)) == 0:
            return []
        value = draw(_hostile(name, takes, settings))
        if draw(st.integers(0, 3)) == 0:  # by a wire, which the host checks no further
            return [(name, _wired(prompt, "junk:json", value))]
        return [(name, value)]
    return [(name, _link(draw, takes, is_bad, kept, prompt))]


def _usual(name: str, takes: Any, settings: dict[str, Any]) -> Any:
    options = settings.get("options") or (takes if isinstance(takes, list) else [])
    if name in _USUAL and (not options or _USUAL[name] in options):
        return _USUAL[name]
    if "default" in settings:
        return settings["default"]
    return options[0] if options else {"INT": 1, "FLOAT": 1.0, "BOOLEAN": False}.get(takes, "")


def _hostile(name: str, takes: Any, settings: dict[str, Any]) -> st.SearchStrategy[Any]:
    options = settings.get("options") or []
    ways = [values.plain, values.words, values.numbers]
    if options:
        ways += [
            st.sampled_from(options),
            st.sampled_from(values.PATHS),
            st.sampled_from(options).map(lambda one: f"{one}\0"),
        ]
    if takes in ("INT", "FLOAT"):
        low, high = settings.get("min", -1e9), settings.get("max", 1e9)
        ends = [low, high, low - 1, high + 1, low + 1, high - 1, str(low), True]
        ways += [st.sampled_from(ends), st.sampled_from(ends), values.numbers]
    if takes == "STRING":
        ways += [
            values.words,
            values.trees.map(repr),
            st.sampled_from(values.PATHS),
            st.sampled_from(
                ["*", "**/*", "likeness/*", "[!a]", "{a,b}", "1,2,3", "0.1,,nan", "1e9/0", "60/40/", "inf/1"]
            ),
        ]
    if name in ("review", "pick"):
        ways = [values.json_text(one) for one in REVIEWS] + [values.words]
    return st.one_of(ways)


def _link(draw: Callable[..., Any], takes: str, is_bad: bool, kept: set[str], prompt: dict[str, Any]) -> Any:
    if is_bad:
        match draw(st.integers(0, 3)):
            case 0:
                return draw(st.one_of(values.plain, st.just(["node", 0]), st.just(["nobody", 0]), st.just([1, -1])))
            case 1:
                return _wired(prompt, draw(st.sampled_from(sorted(kept))))
            case _:
                return _wired(prompt, f"junk:{draw(st.sampled_from(JUNK))}", draw(values.plain))
    return _wired(prompt, takes if takes in kept else "junk:none")


def _wired(prompt: dict[str, Any], key: str, value: Any = None) -> list[Any]:
    import json

    name = f"given{len(prompt)}"
    prompt[name] = {"class_type": "FuzzGiven", "inputs": {"key": key, "json": json.dumps(value)}}
    return [name, 0]
