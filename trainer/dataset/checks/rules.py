"""Where the checks draw their lines: the guide's numbers and the thresholds that `bench checks` calibrates."""

from dataclasses import dataclass

from ...errors import DatasetError


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Thresholds of every check; `side` is the resolution that will be trained at, `smallest` the least short side.

    Only `smallest` makes errors: it is a fact. All else is an estimate, so it warns and can be acknowledged.
    `waived` names checks of the set as a whole whose warnings the user has accepted.
    """

    side: int = 1024
    smallest: int = 512
    fewest: int = 10
    enough: int = 20
    flexible: int = 50
    quality: int = 75
    blocks: float = 1.8
    focus: float = 40.0
    focus_beside_set: float = 0.5
    focus_of_a_sharp_picture: float = 160.0
    detail: float = -2.8
    clipped: float = 0.05
    middle: float = 0.15
    square_cut: float = 0.35
    distance: int = 8
    largest_bucket: float = 0.8
    waived: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not 0 < self.smallest <= self.side:
            raise DatasetError(
                f"The least side {self.smallest} must lie between 1 and the training resolution {self.side}."
            )

    @classmethod
    def at(cls, side: int) -> "Rules":
        """For training at `side` pixels: the guide's half of it is the least, but a small base needs no 512."""
        return cls(side=side, smallest=min(512, side))
