"""What wires bring, looked at before a node runs: the host compares the names of types alone, and a wire of any type
carries anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_MOST_SIDE = 32768
"""Pixels of one side of a wired picture: PNG and JPEG readers go little further."""


def wired_fault(kind: str, value: Any) -> str | None:
    """What an input of that type takes, in words, where `value` is nothing of the kind; None where it may be."""
    takes = _TAKES.get(kind)
    return None if takes is None or takes[0](value) else takes[1]


def shown(value: Any) -> str:
    """A wired value in a few words: neither the weights of a tensor nor the address of an object."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"a tensor of {' × '.join(map(str, shape)) or 'one number'}"
    if value is None:
        return "nothing"
    return f"a value of type {type(value).__name__}"


def _own(place: str, name: str) -> Callable[[Any], bool]:
    """Whether a value is of a class of ours, which is imported by nobody before it was made."""

    def holds(value: Any) -> bool:
        return any(kind.__name__ == name and kind.__module__.endswith(place) for kind in type(value).__mro__)

    return holds


def _is_object(value: Any) -> bool:
    """Neither a plain value, nor pictures, nor one of ours: what of the host's it is shows in its use."""
    is_ours = any(takes[0](value) for kind, takes in _TAKES.items() if kind.startswith("LIKENESS_"))
    return not (value is None or type(value) in _PLAIN or hasattr(value, "is_complex") or is_ours)


def _pictures(value: Any) -> bool:
    """Batch, height, width, and one, three or four channels, of real numbers."""
    sizes = _sizes(value)
    return len(sizes) == 4 and sizes[3] in (1, 3, 4) and _is_area(sizes[1:3]) and _is_real(value)


def _masks(value: Any) -> bool:
    sizes = _sizes(value)
    return len(sizes) in (2, 3, 4) and _is_area(sizes[-2:]) and _is_real(value)


def _latent(value: Any) -> bool:
    return isinstance(value, Mapping) and len(_sizes(value.get("samples"))) >= 3


def _conditioning(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(one, list | tuple) and len(one) > 1 and isinstance(one[1], Mapping) for one in value
    )


def _sizes(value: Any) -> tuple[int, ...]:
    return tuple(value.shape) if hasattr(value, "shape") and hasattr(value, "is_complex") else ()


def _is_area(sides: tuple[int, ...]) -> bool:
    return all(0 < side <= _MOST_SIDE for side in sides)


def _is_real(value: Any) -> bool:
    return not value.is_complex()


_PLAIN = (bool, int, float, str, bytes, list, tuple, dict, type)

Takes = tuple[Callable[[Any], bool], str]
_TAKES: Mapping[str, Takes] = {
    "LIKENESS_DATASET": (_own("trainer.dataset.dataset", "Dataset"), "a dataset, from Load character dataset"),
    "LIKENESS_CAPTION_RULES": (_own("nodes.sockets", "Ruling"), "rules, from Apply caption rules"),
    "LIKENESS_BASE": (_own("trainer.families.base", "Base"), "a base, from Choose base model"),
    "LIKENESS_RECIPE": (_own("trainer.recipe.recipe", "Recipe"), "a recipe, from Choose training recipe"),
    "LIKENESS_RUN": (_own("nodes.sockets", "Run"), "a run, from Train character LoRA"),
    "LIKENESS_REPORT": (_own("nodes.sockets", "Comparison"), "a report, from Compare checkpoints"),
    "LIKENESS_LORA": (_own("nodes.sockets", "ChosenLora"), "a LoRA, from Choose checkpoint"),
    "LIKENESS_IDENTITY": (_own("trainer.identity.identity", "Identity"), "an identity, from Read face"),
    "LIKENESS_IDENTITY_ADAPTER": (
        _own("nodes.use.adapters", "AdapterChoice"),
        "an adapter, from Load identity adapter",
    ),
    "MODEL": (_is_object, "a model, from a loader such as Load Checkpoint"),
    "CLIP": (_is_object, "a text encoder, from a loader such as Load Checkpoint"),
    "VAE": (_is_object, "a VAE, from a loader such as Load Checkpoint"),
    "CONTROL_NET": (_is_object, "a ControlNet, from Load ControlNet Model"),
    "CLIP_VISION": (_is_object, "an encoder of pictures, from Load CLIP Vision"),
    "IMAGE": (_pictures, f"pictures of 1, 3 or 4 channels and up to {_MOST_SIDE} pixels a side"),
    "MASK": (_masks, f"masks of up to {_MOST_SIDE} pixels a side"),
    "LATENT": (_latent, "a latent, from a node such as Empty Latent Image"),
    "CONDITIONING": (_conditioning, "a conditioning, from a node such as CLIP Text Encode"),
}
"""Of each type of wire that our nodes take: whether a value is one, and what it is in words."""
