"""How an adapter is used, and the kinds of adapter."""

import pytest

from trainer.errors import ModelError
from trainer.identity.kinds import KINDS
from trainer.identity.use import Use


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (0.3, 0.3), (0.2, 0.9)])
def test_a_window_within_the_way_is_taken(start: float, end: float):
    use = Use(start=start, end=end)
    assert (use.start, use.end) == (start, end)


@pytest.mark.parametrize(("start", "end"), [(0.9, 0.2), (-0.1, 1.0), (0.0, 1.5), (float("nan"), 1.0)])
def test_any_other_window_is_refused_in_one_line(start: float, end: float):
    with pytest.raises(ModelError, match="parts of the way from 0 to 1, the beginning first") as told:
        Use(start=start, end=end)
    assert "\n" not in str(told.value)


def test_kinds_are_found_by_their_own_name():
    assert all(name == kind.name for name, kind in KINDS.items())


def test_what_reads_faces_needs_a_face_model_and_is_not_for_commerce():
    for kind in KINDS.values():
        if kind.face_model and kind.name != "demo":
            assert kind.licence == "non-commercial" and "insightface" in kind.why_licence
    free = {kind.name for kind in KINDS.values() if kind.licence == "permissive"}
    assert free == {
        *("ip_adapter", "ip_adapter_bigg", "ip_adapter_plus", "ip_adapter_plus_face", "ip_adapter_full_face", "demo"),
    }


def test_lengths_are_kept_for_those_who_learned_from_them():
    assert {kind.name for kind in KINDS.values() if not kind.normalised} == {
        *("faceid_unnorm", "instantid", "pulid", "pulid_v1_1", "pulid_flux"),
    }


@pytest.mark.parametrize("given", [{"weight": float("nan")}, {"weight": float("inf")}, {"shortcut": float("nan")}])
def test_a_weight_that_is_no_number_is_refused(given: dict[str, float]):
    with pytest.raises(ModelError, match="weight cannot be"):
        Use(**given)  # type: ignore[arg-type]
