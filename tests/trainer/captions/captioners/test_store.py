from pathlib import Path

import pytest

from trainer.captions.captioners.captioner import RawCaption, Tag
from trainer.captions.captioners.store import CaptionStore, fingerprint
from trainer.errors import DatasetError

SAID = RawCaption("naïve 猫, long hair", (Tag("long_hair", "general", 0.75), Tag("x_(y)", "character", 0.9)))


def test_what_was_said_comes_back_the_same(tmp_path: Path):
    CaptionStore(tmp_path).put("a" * 64, "wd14 x", SAID)
    assert CaptionStore(tmp_path).get("a" * 64, "wd14 x") == SAID


def test_another_picture_or_another_captioner_is_another_caption(tmp_path: Path):
    store = CaptionStore(tmp_path)
    store.put("a" * 64, "wd14 x", SAID)
    assert store.get("b" * 64, "wd14 x") is None and store.get("a" * 64, "wd14 y") is None


@pytest.mark.parametrize(
    "damage", [b"", b"[1]", b"{}", b'{"text": 1, "tags": []}', b'{"text": "", "tags": [[1]]}', b"\xff"]
)
def test_a_damaged_file_is_said_again(tmp_path: Path, damage: bytes):
    store = CaptionStore(tmp_path)
    store.put("a" * 64, "key", SAID)
    next(tmp_path.rglob("*.json")).write_bytes(damage)
    assert store.get("a" * 64, "key") is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "store").touch()
    with pytest.raises(DatasetError, match="Cannot keep captions in .*store"):
        CaptionStore(tmp_path / "store").put("a" * 64, "key", SAID)


def test_a_fingerprint_changes_with_name_size_beginning_and_end(tmp_path: Path):
    path = tmp_path / "model.bin"
    seen: set[str] = set()
    for content in (b"", b"a" * 300_000, b"a" * 300_001, b"b" + b"a" * 299_999, b"a" * 299_999 + b"b"):
        path.write_bytes(content)
        seen.add(fingerprint([path]))
    path.rename(tmp_path / "other.bin")
    seen |= {fingerprint([tmp_path / "other.bin"]), fingerprint([path])}
    assert len(seen) == 7
