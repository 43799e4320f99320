"""Save dataset: folders out of names, hand edits kept."""

from collections.abc import Callable
from typing import Any

import pytest

from ..fake_host import FakeHost, Interrupted
from ..pictures import write_folder

Pack = Callable[[str], Any]


@pytest.fixture
def dataset(pack: Pack, fake_host: FakeHost) -> Any:
    write_folder(fake_host.home / "input" / "who")
    return pack("trainer.dataset.files.folder").read_dataset(fake_host.home / "input" / "who")


def _save(pack: Pack, dataset: Any, **more: Any) -> Any:
    choices: dict[str, Any] = {"name": "saved", "place": "input", "layout": "kohya folders", "overwrite": False, **more}
    return pack("nodes.dataset.save").SaveDataset.execute(dataset, **choices)


@pytest.mark.parametrize("layout", ["kohya folders", "ai-toolkit folder", "dataset.json"])
def test_what_was_saved_loads_again(pack: Pack, fake_host: FakeHost, dataset: Any, layout: str) -> None:
    made = _save(pack, dataset, layout=layout)
    assert made.args[1] == str(fake_host.home / "input" / "saved")
    assert "input/saved" in pack("nodes.host.folders").dataset_folders()
    read = pack("trainer.dataset.files.folder").read_dataset(fake_host.home / "input" / "saved", trigger="sage")
    assert read.fingerprint() == dataset.fingerprint()


def test_what_the_folder_held_and_nobody_used_is_told_when_loading_and_saving(
    pack: Pack, fake_host: FakeHost, dataset: Any
) -> None:
    (dataset.root / "stray.txt").write_text("sage")
    read = pack("trainer.dataset.files.folder").read_dataset(dataset.root)
    assert any("stray.txt" in line for line in pack("nodes.panel.sheet").left_out_lines(read))
    assert any("stray.txt" in line for line in _save(pack, read).ui["warning"])
    assert not _save(pack, dataset, name="tidy").ui["warning"]


def test_output_has_a_folder_of_its_own_for_datasets(pack: Pack, fake_host: FakeHost, dataset: Any) -> None:
    _save(pack, dataset, place="output")
    assert (fake_host.home / "output" / "likeness_datasets" / "saved" / "2_sage" / "001.txt").is_file()


def test_a_caption_edited_by_hand_is_kept_unless_overwriting_is_allowed(
    pack: Pack, fake_host: FakeHost, dataset: Any
) -> None:
    _save(pack, dataset)
    caption = fake_host.home / "input" / "saved" / "2_sage" / "002.txt"
    caption.write_text("sage, by hand\n")
    with pytest.raises(pack("trainer.errors").DatasetError, match=r"002\.png.*another caption"):
        _save(pack, dataset)
    assert caption.read_text() == "sage, by hand\n"
    _save(pack, dataset, overwrite=True)
    assert caption.read_text() == "sage, number 2\n"


@pytest.mark.parametrize("name", ["", "..", "../up", "a/b", "a\\b", "/etc", "C:\\x", ".hidden", "end."])
@pytest.mark.parametrize("place", ["input", "output"])
def test_a_name_that_is_a_path_is_refused_before_the_queue(pack: Pack, name: str, place: str) -> None:
    assert pack("nodes.dataset.save").SaveDataset.validate_inputs(name, place) is not True


def test_a_link_of_that_name_is_not_written_through(pack: Pack, fake_host: FakeHost, dataset: Any) -> None:
    (fake_host.home / "input" / "saved").symlink_to(fake_host.home / "models")
    with pytest.raises(pack("trainer.errors").DatasetError, match="links to another place"):
        _save(pack, dataset)


def test_another_place_is_refused(pack: Pack, dataset: Any) -> None:
    with pytest.raises(pack("trainer.errors").DatasetError, match="under input or output"):
        _save(pack, dataset, place="models")


def test_saving_moves_the_bar_and_names_the_picture(pack: Pack, fake_host: FakeHost, dataset: Any) -> None:
    _save(pack, dataset)
    assert fake_host.progress[-1] == ("1", 8, 8)
    assert fake_host.sent[-1][1]["text"] == "Saving 2_sage/004.png: 8 of 8"


def test_cancel_is_noticed_between_pictures_and_writes_nothing(pack: Pack, fake_host: FakeHost, dataset: Any) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        _save(pack, dataset)
    assert not fake_host.interrupted
    assert not (fake_host.home / "input" / "saved").exists()
