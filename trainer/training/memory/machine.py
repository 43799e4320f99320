"""What a GPU takes besides the tensors that are counted: measured on this machine once, assumed before."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Machine:
    """`context` are bytes of CUDA and its libraries outside of torch, `work` those that kernels work in, `factor` how
    many are reserved for each that is asked for."""

    context: int = round(0.6 * 2**30)
    """0.3 to 0.6 GiB by others' measurements (docs/memory.md)."""
    work: int = 32 * 2**20
    """cuBLAS's: 8 MiB, on Hopper 32."""
    factor: float = 1.03
    """1 to 3 % with one size of picture."""
    is_measured: bool = False

    def with_own(self, parts: Mapping[str, int], fleeting: int = 0) -> dict[str, int]:
        """The parts with work space, what is lost between tensors, and context; `fleeting` is work space besides."""
        lost = round((sum(parts.values()) + fleeting) * (self.factor - 1))
        return {**parts, "work space": self.work + fleeting + lost, "context": self.context}


USUAL = Machine()
