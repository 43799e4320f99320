"""Which pictures stand for all: a few prompts of every kind, however many were asked."""

from ..intervals import Key
from ..plan import ComparePlan, Kind

_MOST: dict[Kind, int] = {"trigger": 2, "prompt": 7, "class": 2, "other": 1}


def all_rows(plan: ComparePlan) -> list[Key]:
    """Probe and seed of every picture of a column."""
    return [(index, seed) for index, probe in enumerate(plan.probes) for seed in probe.seeds]


def main_rows(plan: ComparePlan) -> list[Key]:
    """At most a dozen, spread evenly over the probes of each kind, in order of probes."""
    chosen: list[Key] = []
    for kind, most in _MOST.items():
        firsts = [(index, probe.seeds[0]) for index, probe in enumerate(plan.probes) if probe.kind == kind]
        count = min(most, len(firsts))
        chosen += [firsts[number * len(firsts) // count] for number in range(count)]
    return sorted(chosen)
