"""Which readers there are, and what they lack."""

from pathlib import Path

import pytest

from tests.fakes import FakeReader
from trainer.demo.reader import register_demo_reader
from trainer.errors import FaceError
from trainer.faces import registry
from trainer.faces.face import fingerprint_of
from trainer.faces.registry import FaceFolders, ReaderEntry, open_reader

from .packs import write_pack


@pytest.fixture(autouse=True, scope="module")
def demo_too() -> None:
    register_demo_reader()


def test_every_reader_is_offered_and_says_what_it_lacks(tmp_path: Path) -> None:
    write_pack(tmp_path / "buffalo_l")
    folders = FaceFolders(insightface=(tmp_path,), opencv=(tmp_path,))
    lacks = {name: entry.lacks(folders) for name, entry in registry._entries.items()}
    assert list(lacks) == ["auraface", "buffalo_l", "antelopev2", "opencv", "dlib", "ccip", "dino", "demo"]
    assert lacks["buffalo_l"] is None and lacks["demo"] is None
    assert "scrfd_10g_bnkps.onnx" in (lacks["antelopev2"] or "")
    assert lacks["opencv"] is not None


def test_auto_takes_the_first_whose_files_are_there(tmp_path: Path) -> None:
    write_pack(tmp_path / "antelopev2", "antelopev2")
    assert open_reader("auto", FaceFolders(insightface=(tmp_path,))).name == "insightface antelopev2"


@pytest.mark.usefixtures("no_dlib")
def test_auto_without_any_says_what_each_lacks_and_never_takes_the_demo_s(tmp_path: Path) -> None:
    with pytest.raises(FaceError) as fault:
        open_reader("auto", FaceFolders(insightface=(tmp_path,), opencv=(tmp_path,)))
    assert all(word in str(fault.value) for word in ("det_10g.onnx", "antelopev2", "opencv"))


def test_the_demo_reader_is_there_when_asked_for() -> None:
    assert open_reader("demo", FaceFolders()).name == "demo reader"


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    known = "auto, auraface, buffalo_l, antelopev2, opencv, dlib, ccip, dino or demo"
    with pytest.raises(FaceError, match=f"'facenet'; use {known}"):
        open_reader("facenet", FaceFolders())  # pyright: ignore[reportArgumentType]


def test_a_packs_third_file_changes_what_its_readings_are_kept_under(tmp_path: Path) -> None:
    write_pack(tmp_path / "buffalo_l")
    reader = open_reader("buffalo_l", FaceFolders(insightface=(tmp_path,)))
    before = fingerprint_of(reader)
    assert before == fingerprint_of(open_reader("buffalo_l", FaceFolders(insightface=(tmp_path,))))
    (tmp_path / "buffalo_l" / "1k3d68.onnx").write_bytes(b"landmarks")
    assert fingerprint_of(reader) != before and fingerprint_of(FakeReader()) == ""


def test_a_reader_offers_itself_and_is_opened_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_entries", {})
    mine = FakeReader()
    entry = ReaderEntry(name="mine", lacks=lambda _: None, open=lambda _, __: mine)
    registry.register(entry)
    assert open_reader("mine", FaceFolders()) is open_reader("auto", FaceFolders()) is mine
