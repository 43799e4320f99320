"""Whether the tensors of one layer of a LoRA file go together: a file that does not is refused, not computed with."""

from collections.abc import Mapping

from torch import Tensor

from ..families.key_layout import ALPHA, DOWN, UP
from ..families.lora_names import GLORA, MID

_THIN = (DOWN, "lokr_w1_b", "lokr_w2_b", "hada_w1_b")
_LOHA = ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b")


def part_fault(tensors: Mapping[str, Tensor]) -> str | None:
    """What is wrong with a layer's tensors, to follow "of <layer>"; None when they go together."""
    if ALPHA in tensors and tensors[ALPHA].numel() != 1:
        return f"alpha holds {tensors[ALPHA].numel()} numbers where one belongs"
    if any(name in tensors and tensors[name].ndim and not len(tensors[name]) for name in _THIN):
        return "the rank is 0, so that it changes nothing"
    if any(not tensor.numel() for tensor in tensors.values()):
        return "a tensor is empty"
    starts = {name.partition("_")[0] for name in tensors}
    is_whole = (
        _is_low_rank(tensors)
        and ("lokr" not in starts or all(_is_product(tensors, name) for name in ("lokr_w1", "lokr_w2")))
        and ("hada" not in starts or _is_loha(tensors))
        and all(tensors[name].ndim >= 2 for name in GLORA if name in tensors)
    )
    return None if is_whole else "the tensors do not go together"


def _is_low_rank(tensors: Mapping[str, Tensor]) -> bool:
    down, up = tensors.get(DOWN), tensors.get(UP)
    if down is None or up is None:
        return down is None and up is None
    if down.ndim < 2 or up.ndim < 2:
        return False
    if MID in tensors:
        core = tensors[MID]
        return core.ndim == 4 and tuple(core.shape[:2]) == (up[0].numel(), len(down))
    return up[0].numel() == len(down)


def _is_product(tensors: Mapping[str, Tensor], name: str) -> bool:
    """One factor of a Kronecker product: whole, or two matrices, with Tucker's core between them or without."""
    if name in tensors:
        return True
    left, right = tensors.get(f"{name}_a"), tensors.get(f"{name}_b")
    if left is None or right is None or left.ndim != 2 or right.ndim < 2:
        return False
    return any(word.startswith("lokr_t") for word in tensors) or left.shape[1] == right.shape[0]


def _is_loha(tensors: Mapping[str, Tensor]) -> bool:
    if any(name not in tensors or tensors[name].ndim != 2 for name in _LOHA):
        return False
    if any(word.startswith("hada_t") for word in tensors):
        return True
    one, other, two, another = (tensors[name].shape for name in _LOHA)
    return one[1] == other[0] and two[1] == another[0] and (one[0], other[1]) == (two[0], another[1])
