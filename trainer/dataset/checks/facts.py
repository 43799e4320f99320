"""Everything measured on one picture file, from one decode."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Numbers without judgement. None: the picture is too small for this measure, or it does not apply.

    `quality` is the JPEG quality (1 to 100) by its quantisation tables, exact only if `standard_tables`. `clear` is the
    share of pixels that are at least partly see-through, `empty` where all are wholly so. `dark`, `bright` and `middle`
    are shares of pixels by luma. `hash` and `mirrored` are 64-bit perceptual hashes of the picture and of its mirror.
    """

    sha256: str
    width: int
    height: int
    kind: str
    quality: int | None = None
    standard_tables: bool = True
    blocks: float | None = None
    focus: float | None = None
    detail: float | None = None
    dark: float = 0.0
    bright: float = 0.0
    middle: float = 1.0
    clear: float = 0.0
    empty: bool = False
    hash: int = 0
    mirrored: int = 0

    @property
    def short_side(self) -> int:
        return min(self.width, self.height)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
