"""Load character dataset: what it reads, what it leaves out, when it runs again."""

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from ..fake_host import FakeHost, Interrupted
from ..pictures import write_folder

Pack = Callable[[str], Any]
WORDS: dict[str, Any] = {"trigger": "", "subject": "person", "held_out": 1}


def test_a_file_that_cannot_be_used_is_named_on_the_node_and_stops_nothing(pack: Pack, fake_host: FakeHost) -> None:
    inside = write_folder(fake_host.home / "input" / "who")
    (inside / "broken.png").write_bytes(b"no picture")
    made = pack("nodes.dataset.load").LoadCharacterDataset.execute(folder="input/who", **WORDS)
    assert len(made.args[0].samples) == 4
    head, row = made.ui["warning"]
    assert head == "1 file left out:"
    assert "broken.png" in row


def test_transparency_is_flattened_or_kept_as_a_mask_as_chosen(pack: Pack, fake_host: FakeHost) -> None:
    inside = write_folder(fake_host.home / "input" / "who", count=1)
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(inside / "see_through.png")
    load = pack("nodes.dataset.load").LoadCharacterDataset.execute
    made = {
        alpha: load(folder="input/who", alpha=alpha, **WORDS).args[0] for alpha in ("white", "green", "keep as mask")
    }
    clear = {alpha: dataset.samples[-1] for alpha, dataset in made.items()}
    assert len({sample.sha256 for sample in clear.values()}) == 3
    assert [clear[alpha].masked for alpha in made] == [False, False, True]


def test_an_empty_trigger_is_the_folders_name_and_the_node_says_so(pack: Pack, fake_host: FakeHost) -> None:
    write_folder(fake_host.home / "input" / "made").rename(fake_host.home / "input" / "my cat girl")
    load = pack("nodes.dataset.load").LoadCharacterDataset.execute
    made = load(folder="input/my cat girl", **WORDS)
    assert made.args[0].trigger == "my_cat_girl"
    counts, first, held = made.ui["text"][0].split("\n")
    assert first == "Trigger my_cat_girl, taken from the folder; write one into trigger for another."
    assert held.startswith("1 of 4 is held out: never trained on, so that likeness is measured on")
    assert "Held-out pictures says how many" in held and counts.startswith("3 to train on, 1 held out")
    given = load(folder="input/my cat girl", **{**WORDS, "trigger": "woman", "held_out": 0}).ui["text"][0].split("\n")
    assert given[1].startswith("The trigger 'woman' is a word every model knows") and len(given) == 2


def test_no_folder_yet_says_where_to_put_one(pack: Pack, fake_host: FakeHost) -> None:
    node = pack("nodes.dataset.load")
    said = node.LoadCharacterDataset.validate_inputs(folder=node.NO_FOLDER)
    assert (fake_host.home / "input").as_posix() in said and "Upload" in said and "press R" in said


def test_an_edited_caption_changes_the_fingerprint_and_other_files_do_not(pack: Pack, fake_host: FakeHost) -> None:
    inside = write_folder(fake_host.home / "input" / "who")
    node = pack("nodes.dataset.load").LoadCharacterDataset

    def fingerprint() -> Any:
        return node.fingerprint_inputs(folder="input/who", alpha="white", **WORDS)

    before = fingerprint()
    (inside / "notes.md").write_text("mine")
    (inside / ".hidden.png").write_bytes(b"x")
    assert fingerprint() == before
    (inside / "002.txt").write_text("sage, edited")
    edited = fingerprint()
    assert edited != before
    (inside / "004.png").unlink()
    assert fingerprint() != edited


def test_a_link_out_of_the_folder_is_not_followed_for_the_fingerprint(pack: Pack, fake_host: FakeHost) -> None:
    inside = write_folder(fake_host.home / "input" / "who")
    outside = fake_host.home / "models" / "elsewhere"
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    node = pack("nodes.dataset.load").LoadCharacterDataset
    before = node.fingerprint_inputs(folder="input/who", alpha="white", **WORDS)
    (outside / "new.png").write_bytes(b"x")
    assert node.fingerprint_inputs(folder="input/who", alpha="white", **WORDS) == before


def test_reading_moves_the_bar_and_names_the_picture(pack: Pack, fake_host: FakeHost) -> None:
    write_folder(fake_host.home / "input" / "who")
    pack("nodes.dataset.load").LoadCharacterDataset.execute(folder="input/who", **WORDS)
    assert fake_host.progress[-1] == ("1", 4, 4)
    assert fake_host.sent[-1][1]["text"] == "Reading 2_sage/004.png: 4 of 4"


def test_cancel_is_noticed_between_pictures(pack: Pack, fake_host: FakeHost) -> None:
    write_folder(fake_host.home / "input" / "who")
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        pack("nodes.dataset.load").LoadCharacterDataset.execute(folder="input/who", **WORDS)
    assert not fake_host.interrupted


def test_an_empty_subject_is_the_folders_class_word_and_person_can_be_written_against_it(
    pack: Pack, fake_host: FakeHost
) -> None:
    write_folder(fake_host.home / "input" / "who").rename(fake_host.home / "input" / "who" / "2_sage woman")
    node = pack("nodes.dataset.load").LoadCharacterDataset
    (default,) = [part.options["default"] for part in node.define_schema().inputs if part.id == "subject"]
    words = {"folder": "input/who", "trigger": "", "held_out": 0}
    assert node.execute(**words, subject=default).args[0].subject == "woman"
    assert node.execute(**words, subject=" person ").args[0].subject == "person"
