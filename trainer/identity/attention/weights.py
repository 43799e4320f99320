"""The weight types of the popular IP-Adapter pack, under its names: how an adapter's weight is spread over layers.

Rows are told by the transformer that a layer is in, counted as the UNet runs; L is 11 of SDXL and 16 of SD 1.5.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...errors import ModelError
from .numbers import Place, places

_WEAK = 0.2


@dataclass(frozen=True)
class LayerWeight:
    """What a layer adds. `pushes`: rows that are not conditional see the reference and the others nothing, so that
    guidance leads away from it."""

    weight: float
    pushes: bool = False


@dataclass(frozen=True)
class _Roles:
    """Transformers that make style and composition; of composition also the part of the weight."""

    style: frozenset[int]
    composition: Mapping[int, float]


_ROLES = {
    "sdxl": _Roles(frozenset({6}), {3: 1.0}),
    "sd15": _Roles(frozenset({*range(4), *range(9, 16)}), {4: 0.25, 5: 1.0}),
}

_Spread = Callable[[float, Place], float]


def _eased(part: Callable[[float], float]) -> _Spread:
    """A twentieth of the weight is everywhere; `part` says how much of the rest is at a part of the way."""
    return lambda weight, place: weight * (0.05 + 0.95 * part(place.transformer / place.transformers))


def _weak(*sections: str) -> _Spread:
    return lambda weight, place: weight * (_WEAK if place.section in sections else 1.0)


_SPREADS: Mapping[str, _Spread] = {
    "linear": lambda weight, _: weight,
    "ease in": _eased(lambda at: 1 - at),
    "ease out": _eased(lambda at: at),
    "ease in-out": _eased(lambda at: 1 - abs(2 * at - 1)),
    "reverse in-out": _eased(lambda at: abs(2 * at - 1)),
    "weak input": _weak("input"),
    "weak output": _weak("output"),
    "weak middle": _weak("middle"),
    "strong middle": _weak("input", "output"),
}

_Part = Callable[[_Roles, int], LayerWeight | None]


def _style(roles: _Roles, at: int) -> LayerWeight | None:
    return LayerWeight(1.0) if at in roles.style else None


def _composition(roles: _Roles, at: int) -> LayerWeight | None:
    return LayerWeight(roles.composition[at]) if at in roles.composition else None


def _pushed(at: LayerWeight | None) -> LayerWeight | None:
    return replace(at, pushes=True) if at else None


_PARTS: Mapping[str, _Part] = {
    "style transfer": _style,
    "composition": _composition,
    "strong style transfer": lambda roles, at: None if at in roles.composition else LayerWeight(1.0),
    "style and composition": lambda roles, at: _style(roles, at) or _composition(roles, at),
    "style transfer precise": lambda roles, at: _style(roles, at) or _pushed(_composition(roles, at)),
    "composition precise": lambda roles, at: (
        _composition(roles, at) or _pushed(_style(roles, at)) or LayerWeight(0.1, pushes=True)
    ),
}
"""By transformer, as parts of the weight; None is a layer that is left alone."""

WEIGHT_TYPES = (*_SPREADS, *_PARTS)


def layer_weights(weight_type: str, weight: float, layers: tuple[str, ...], family: str) -> dict[int, LayerWeight]:
    """What each cross-attention adds, by number, without those that add nothing; `layers` are addresses by number.

    ModelError for a weight type that is not known.
    """
    if weight_type not in WEIGHT_TYPES:
        raise ModelError(f"There is no weight type {weight_type!r}. Choose one of {', '.join(WEIGHT_TYPES)}.")
    if spread := _SPREADS.get(weight_type):
        found = {number: LayerWeight(spread(weight, place)) for number, place in places(layers).items()}
    else:
        part, roles = _PARTS[weight_type], _ROLES[family]
        parts = {number: part(roles, place.transformer) for number, place in places(layers).items()}
        found = {number: LayerWeight(weight * at.weight, at.pushes) for number, at in parts.items() if at}
    return {number: at for number, at in found.items() if at.weight}
