from trainer.scoring.plan.compare_plan import ComparePlan, Probe, default_plan
from trainer.scoring.reading.attributes.contrasts import sentence, slots_of

TRIGGER = "ohwx"


def plan(*asked: dict[str, str]) -> ComparePlan:
    return ComparePlan(probes=tuple(Probe(kind="prompt", prompt=f"{TRIGGER}, {words}", asked=words) for words in asked))


def test_a_slot_holds_what_is_asked_first_and_then_what_else_it_could_be():
    slots = slots_of(plan({"place": "kitchen"}, {"place": "cafe"}, {"place": "kitchen"}))
    assert slots["place"][:2] == ("kitchen", "cafe")
    assert "forest" in slots["place"]
    assert len(set(slots["place"])) == len(slots["place"])


def test_a_contrast_that_means_what_is_asked_is_none():
    slots = slots_of(plan({"place": "a forest path", "expression": "a wide smile", "clothing": "red coat"}))
    assert "forest" not in slots["place"]
    assert "smiling" not in slots["expression"] and "neutral expression" in slots["expression"]
    assert "a red coat" not in slots["clothing"] and "a dress" in slots["clothing"]


def test_one_word_without_any_contrast_is_no_question():
    assert slots_of(plan({"weather": "rain"})) == {}
    assert slots_of(plan({"weather": "rain"}, {"weather": "snow"})) == {"weather": ("rain", "snow")}


def test_which_way_a_head_is_turned_is_left_to_the_face():
    assert "turn" not in slots_of(plan({"turn": "looking left"}, {"turn": "looking right"}))


def test_the_default_plan_is_asked_without_the_trigger():
    slots = slots_of(default_plan(TRIGGER, "woman"))
    assert {"expression", "clothing", "place", "light", "style"} <= slots.keys()
    sentences = [sentence(slot, word) for slot, words in slots.items() for word in words]
    assert not [words for words in sentences if TRIGGER in words]
    assert "a person wearing red coat" in sentences
