"""The trainings that `bench choose` judges: sound ones, and ones with a single fault each, as data."""

import re
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from ..demo.family import FAMILIES, DemoFamily
from ..demo.settings import demo_recipe
from ..errors import RecipeError
from ..recipe.recipe import Recipe

Fault = Literal["", "short", "long", "rate", "few", "words", "background"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
"""Nothing wrong, too few steps, far too many, too high a learning rate, three pictures, captions that describe the
character's own looks, and one background in every picture that no caption tells."""
_UNKEPT: tuple[Fault, ...] = ("long", "few")
"""Those without prior images: beside them 1,200 steps or three pictures do no harm by the truth (merit .95), without
them 640 steps bring the character into every second picture of somebody else."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One training: which demo character, training seed, and what is wrong with it ("" for nothing)."""

    fault: Fault
    character: int
    seed: int
    family: DemoFamily = "sdxl"

    @property
    def name(self) -> str:
        """A folder's name."""
        return f"{self.family}_{self.fault or 'good'}_{self.character}_{self.seed}"

    @property
    def recipe(self) -> Recipe:
        """The demo's recipe with the fault, if the fault is the recipe's."""
        return _recipe(self)


_NAME = re.compile(r"(?P<family>[a-z]+)_(?P<fault>[a-z]+)_(?P<character>\d+)_(?P<seed>\d+)")


def case_named(name: str) -> Case:
    """The case of a name, of any seed: what was tuned on some seeds is confirmed on others. RecipeError for no case."""
    found = _NAME.fullmatch(name)
    fault = found["fault"].removeprefix("good") if found else None
    if found is None or fault not in FAULTS or found["family"] not in FAMILIES:
        kinds = ", ".join(each or "good" for each in FAULTS)
        raise RecipeError(f"{name!r} names no case; use FAMILY_KIND_CHARACTER_SEED with a kind of {kinds}.")
    family = FAMILIES[FAMILIES.index(cast(DemoFamily, found["family"]))]
    return Case(fault=fault, character=int(found["character"]), seed=int(found["seed"]), family=family)


_STEPS: dict[Fault, int] = {"short": 30, "long": 960}
_SOUND = 210
"""The base learns a character in a hundred steps; twice that is safe."""
_RATE = 10.0


def _recipe(case: Case) -> Recipe:
    recipe = demo_recipe(family=case.family, steps=_STEPS.get(case.fault, _SOUND), seed=case.seed)
    data: dict[str, Any] = recipe.to_json()
    data["output"]["sample_every"] = 0
    if case.fault == "rate":
        data["optim"]["lr"] *= _RATE
    if case.fault in _UNKEPT:
        data["prior"]["images"] = 0
    return Recipe.from_json(data)


def _cases(rows: dict[Fault, tuple[tuple[int, int], ...]], family: DemoFamily) -> tuple[Case, ...]:
    return tuple(
        Case(fault=fault, character=character, seed=seed, family=family)
        for fault, pairs in rows.items()
        for character, seed in pairs
    )


CASES: dict[DemoFamily, tuple[Case, ...]] = {
    "sdxl": _cases(
        {
            "": ((0, 30), (1, 31), (2, 32), (0, 33), (1, 34)),
            "short": ((1, 30), (2, 31), (0, 32)),
            "long": ((0, 31), (1, 33)),
            "rate": ((2, 30), (1, 33)),
            "few": ((0, 30), (1, 33), (2, 34)),
            "words": ((1, 31), (0, 32), (2, 33)),
            "background": ((2, 31), (0, 35)),
        },
        "sdxl",
    ),
    "flow": _cases({"": ((0, 20),), "short": ((0, 21),), "few": ((1, 20),)}, "flow"),
}
"""Of each family: demo character and training seed by fault. Gates and advice were made on the seeds 20 to 24."""
