"""Size and proportions: resolution, what a square cut would lose, and the bucket a picture trains in."""

from collections import Counter
from collections.abc import Sequence

from ...recipe.buckets import Buckets, placement
from ..finding import Finding
from .facts import Facts
from .rules import Rules

_STEP = 64
_LONGEST_OVER_SIDE, _SHORTEST_OVER_SIDE = 2.0, 0.5
_BUCKET_LOSS = 0.1
_LONELY_FROM = 5
_NEARLY = 0.9
"""Of the area: what is enlarged by a twentieth or less cannot be told from what is not."""


def judge_size(facts: Facts, rules: Rules) -> Finding | None:
    side = facts.short_side
    if side >= rules.side:
        return None
    if side < rules.smallest:
        text = f"Its short side is {side} pixels; training needs {rules.smallest}. Use a larger original."
        return Finding(check="size", level="error", text=text, value=float(side))
    if facts.width * facts.height >= _NEARLY * rules.side**2:
        return None
    text = f"{facts.width}x{facts.height} is less than {rules.side}x{rules.side}: it will be enlarged for training."
    return Finding(check="size", level="warning", text=f"{text} Use a larger original.", value=float(side))


def judge_aspect(facts: Facts, rules: Rules) -> Finding | None:
    lost = bucket_loss((facts.width, facts.height), rules.side)
    if lost > _BUCKET_LOSS:
        text = f"It is so long that training cuts off {lost:.0%}; crop it to what matters."
        return Finding(check="aspect", level="warning", text=text, value=round(lost, 3))
    cut = 1 - facts.short_side / max(facts.width, facts.height)
    if cut > rules.square_cut:
        edge = "top and bottom" if facts.height > facts.width else "left and right"
        text = f"A trainer without buckets would cut {cut:.0%} off its {edge}; crop it yourself to choose what stays."
        return Finding(check="aspect", level="note", text=text, value=round(cut, 3))
    return None


def judge_buckets(facts: Sequence[Facts], rules: Rules) -> Finding | None:
    """Of the set: pictures that share their bucket with no other."""
    counts = Counter(bucket((fact.width, fact.height), rules.side) for fact in facts)
    alone = sorted(size for size, count in counts.items() if count == 1)
    if not alone or len(facts) < _LONELY_FROM or len(counts) == 1:
        return None
    sizes = ", ".join(f"{width}x{height}" for width, height in alone[:4]) + (" …" if len(alone) > 4 else "")
    be = "1 picture is" if len(alone) == 1 else f"{len(alone)} pictures are"
    text = f"{be} alone in a bucket ({sizes}): with a batch above 1 they train by themselves. Crop to fewer shapes."
    return Finding(check="buckets", level="note", text=text, value=float(len(alone)))


def bucket(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The bucket (width, height) of about `side`² pixels that a picture trains in, found as kohya's trainer does."""
    return placement(size, _buckets(side)).bucket


def bucket_loss(size: tuple[int, int], side: int) -> float:
    """The share of a picture that is cut off when it is scaled to cover its bucket."""
    wide, high = bucket(size, side)
    scale = max(wide / size[0], high / size[1])
    return max(0.0, 1 - (wide * high) / (size[0] * scale * size[1] * scale))


def _buckets(side: int) -> Buckets:
    shortest, longest = round(side * _SHORTEST_OVER_SIDE), round(side * _LONGEST_OVER_SIDE)
    return Buckets(resolution=side, step=min(_STEP, max(8, shortest)), shortest=shortest, longest=longest)
