"""dlib's reader: what is missing or broken, which pictures it bears, and how its scores and boxes are told."""

import sys
from pathlib import Path

import numpy as np
import pytest

from trainer.errors import FaceError
from trainer.faces.readers import dlib as module
from trainer.faces.readers.dlib import DlibReader


def test_without_its_packages_it_says_what_to_install(no_dlib: None) -> None:
    with pytest.raises(FaceError, match="pip install dlib-bin face_recognition_models`"):
        DlibReader()


def test_only_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "face_recognition_models" else object())
    assert "pip install face_recognition_models`" in (module.missing() or "")


def test_a_models_package_without_its_files_is_named_and_to_be_installed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: object())
    monkeypatch.setattr(module, "_model", lambda name: tmp_path / name)
    lack = module.missing() or ""
    assert "shape_predictor_68_face_landmarks.dat is missing" in lack and "--force-reinstall" in lack


def test_what_cannot_be_imported_is_said_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    monkeypatch.setattr(module, "missing", lambda: None)
    with pytest.raises(FaceError, match="dlib cannot be imported .*--force-reinstall dlib-bin"):
        DlibReader()


@pytest.mark.parametrize("content", [b"", b"no model at all", b"\x01\x02" * 400])
def test_a_file_of_another_kind_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    dlib = pytest.importorskip("dlib", reason="dlib-bin is not installed")
    (tmp_path / "model.dat").write_bytes(content)
    monkeypatch.setattr(module, "_model", lambda name: tmp_path / name)
    for kind in (dlib.shape_predictor, dlib.face_recognition_model_v1):
        with pytest.raises(FaceError, match="model.dat cannot be loaded by dlib; run .*face_recognition_models"):
            module._loaded(kind, "model.dat")


def test_scores_begin_at_even_odds_and_rise_with_the_detectors_margin() -> None:
    assert module._score(0.0) == 0.5 and module._margin(0.5) == 0.0
    assert module._margin(module._score(0.7)) == pytest.approx(0.7)
    assert module._margin(0.3) < 0 < module._margin(0.9)
    assert np.isfinite(module._margin(0.0)) and np.isfinite(module._margin(1.0))
