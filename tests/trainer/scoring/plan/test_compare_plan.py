import json
import math
from dataclasses import replace
from typing import Any

import pytest

from trainer.errors import RecipeError
from trainer.scoring.plan.compare_plan import ComparePlan, Probe, default_plan

from ..stage import plan


def test_a_plan_survives_json():
    assert ComparePlan.from_json(json.loads(json.dumps(plan().to_json()))) == plan()


def test_an_unknown_key_is_refused_by_name():
    with pytest.raises(RecipeError, match="'sampler'"):
        ComparePlan.from_json({**plan().to_json(), "sampler": "euler"})


def test_all_faults_of_a_plan_are_named_at_once():
    with pytest.raises(RecipeError, match=r"(?s)No probe names the trigger.*size is 50×64.*steps is 0"):
        ComparePlan(probes=(Probe(kind="class", prompt="person"),), size=(50, 64), steps=0)


def test_a_probe_without_seeds_or_of_unknown_kind_is_refused():
    with pytest.raises(RecipeError, match=r"(?s)kind is 'style'.*Seeds of 'a' are"):
        Probe(kind="style", prompt="a", seeds=(1, 1))  # type: ignore[arg-type]


def test_only_probes_of_the_character_name_its_trigger():
    for probe in default_plan("sage_character").probes:
        assert ("sage_character" in probe.prompt) == (probe.kind in ("trigger", "prompt"))


@pytest.mark.parametrize(
    "given", [{"strength": math.nan}, {"strengths": (1.0, math.nan)}, {"guidance": math.inf}, {"strength": math.inf}]
)
def test_what_is_no_number_is_refused(given: dict[str, Any]):
    with pytest.raises(RecipeError, match="use "):
        replace(default_plan("zxq"), **given)
