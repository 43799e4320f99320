from trainer.scoring.measures.following import by_slot, followed, share


def test_a_slot_the_reader_does_not_read_counts_neither_way():
    slots = followed({"background": "red", "hat": "blue"}, {"background": "red"})
    assert slots == {"background": True}
    assert share(slots) == 1.0


def test_shares_are_taken_slot_by_slot():
    assert by_slot([{"turn": True, "scene": False}, {"turn": True}]) == {"turn": 1.0, "scene": 0.0}
