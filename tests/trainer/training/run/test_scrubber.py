"""What is taken out of words before others see them, and what stays."""

from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.training.run.scrubber import Scrubber, tells
from trainer.training.run.this_machine import scrubber_of_this_machine

PARTS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZéüß日本_- 12345", min_size=3, max_size=14).map(str.strip)
NAMES = PARTS.filter(lambda part: tells(part) and len(part.strip("-_ ")) >= 3 and any(map(str.isalpha, part)))
SENTENCES = (
    "Cannot open {}: no such file",
    "'{}' is damaged.",
    'File "{}", line 3, in load',
    "{}",
    "see file:///{} and again {}; nothing else",
    "no ({})",
)


def spellings(path: str) -> list[str]:
    return [path, quote(path), quote(path, safe=""), path.replace("\\", "\\\\"), path.replace("/", "\\")]


@given(st.lists(NAMES, min_size=2, max_size=4), st.sampled_from(SENTENCES), st.booleans(), st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_no_folder_of_a_known_place_stays_however_it_is_written(
    parts: list[str], sentence: str, windows: bool, spelled: int
) -> None:
    place = PureWindowsPath("C:/Users", *parts) if windows else PurePosixPath("/home", *parts)
    said = Scrubber([place], {}).text(sentence.replace("{}", spellings(str(place / "x.png"))[spelled]))
    assert not [part for part in parts if part.casefold() in said.casefold() or quote(part) in said], said


@given(st.lists(NAMES.filter(lambda part: " " not in part), min_size=2, max_size=4), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_place_that_nobody_knows_goes_by_its_looks(parts: list[str], windows: bool) -> None:
    place = PureWindowsPath("D:/", *parts) if windows else PurePosixPath("/srv", *parts)
    for spelled in spellings(str(place)):
        said = Scrubber([], {}).text(f"cannot read {spelled} now")
        assert said == "cannot read <path> now", (spelled, said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/mnt/My Pictures/her face.png: cannot be read", "<path>: cannot be read"),
        ("../../input/jane/1.png, ~/x", "<path>, <path>"),
        ("input/jane/1.png is gone", "<path> is gone"),
        (r"\\server\share\x", "<path>"),
        ("token=abcd1234 and hf_abcdefghij", "<secret> and <secret>"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer <secret>"),
        ("https://me:word@example.org", "https:<path>"),
        ("ask jane@example.org at 10.0.0.7", "ask <contact> at <contact>"),
    ],
)
def test_paths_secrets_and_addresses_go(words: str, said: str) -> None:
    assert Scrubber([], {}).text(words) == said


@pytest.mark.parametrize(
    "words",
    ["0.50 s/step, 3 / 4 and/or 1/2", "compiled: no: triton 3.1 is missing", "512 × 512; loss 0.25", "bf16, sdxl"],
)
def test_what_is_no_path_stays(words: str) -> None:
    assert Scrubber([PurePosixPath("/home/jane")], {}).text(words) == words


def test_names_go_as_words_with_what_stands_in_their_place() -> None:
    scrubber = Scrubber([], {"IMG_1.png": "picture-1", "sage": "the-run"})
    assert scrubber.text("img_1.png in sage_step000004: a message") == "picture-1 in the-run_step000004: a message"
    assert scrubber.json({"IMG_1.png": [0.5, "sage", None]}) == {"picture-1": [0.5, "the-run", None]}


def test_user_host_home_and_values_of_variables_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/margaret hall")
    monkeypatch.setenv("USERPROFILE", "/home/margaret hall")
    monkeypatch.setenv("SOME_THING", "zebra-crossing")
    monkeypatch.setattr("getpass.getuser", lambda: "margaret")
    monkeypatch.setattr("socket.gethostname", lambda: "attic.lan")
    said = scrubber_of_this_machine([tmp_path], {}).text("margaret on ATTIC, /home/margaret hall/x.py, zebra-crossing")
    assert said == "<user> on <host>, <path>, <secret>"
