"""What is written by a name: nobody's file is lost, whoever wrote it and however long ago."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.trainer.scoring.stage import write_lora

from ..compare.comparison import NoBase, report_of, run_of
from ..fake_host import FakeHost

Pack = Callable[[str], Any]


@pytest.fixture
def publish(pack: Pack) -> Callable[..., Any]:
    return pack("nodes.host.published").publish


def _run(pack: Pack, home: Path, name: str, steps: tuple[int, ...] = (7, 12)) -> Any:
    """A finished run's folder: checkpoints and samples."""
    folder = pack("trainer.training.run.folder").RunFolder(home / "output" / "likeness" / name)
    for step in steps:
        for path in (folder.checkpoint(name, step), folder.samples / f"step{step:06d}_0.png"):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".png":
                path.write_bytes(f"{path.name} of {name}".encode())
            else:
                write_lora(path, prefix=f"{path.name} of {name}")
    return folder


def _chosen(pack: Pack, run: Any, step: int, save_as: str) -> Any:
    given = pack("nodes.sockets").Comparison(
        report=report_of(pack, checkpoints=()),
        folder=run.path / "report",
        files={},
        models=NoBase(pack),
        dataset=None,
        run=run_of(pack, run.path),
    )
    return pack("nodes.compare.choose").ChooseCheckpoint.execute(given, step=step, save_as=save_as)


def _is_copy(pack: Pack, path: Path, run: Any, step: int) -> bool:
    return pack("trainer.storage.tensor_metadata").has_same_weights(path, run.checkpoint(run.path.name, step))


def _trained(pack: Pack, run: Any) -> dict[str, Any]:
    """What the Train node says and does once its run has ended."""
    page = SimpleNamespace(snapshot=lambda: {"status": "Answered from the finished run"})
    return pack("nodes.train.train")._published(run_of(pack, run.path), page)


def test_a_run_of_the_name_that_a_choice_has_takes_another(pack: Pack, fake_host: FakeHost) -> None:
    first, pick = _run(pack, fake_host.home, "first"), _run(pack, fake_host.home, "pick")
    _chosen(pack, first, 7, "pick")
    kept = fake_host.home / "loras" / "likeness" / "pick.safetensors"
    for _ in range(2):
        said = _trained(pack, pick)
        assert Path(said["lora"]).as_posix() == "likeness/pick_2.safetensors"
        assert "pick.safetensors is another LoRA and stays" in said["status"]
    assert _is_copy(pack, kept, first, 7)
    assert len(list(kept.parent.glob("*.safetensors"))) == 2


def test_a_run_does_not_take_back_what_was_chosen_of_it(pack: Pack, fake_host: FakeHost) -> None:
    pick = _run(pack, fake_host.home, "pick")
    _chosen(pack, pick, 7, "pick")
    assert Path(_trained(pack, pick)["lora"]).as_posix() == "likeness/pick_2.safetensors"
    assert _is_copy(pack, fake_host.home / "loras" / "likeness" / "pick.safetensors", pick, 7)


def test_another_choice_of_the_run_replaces_its_own_picture_and_no_other(pack: Pack, fake_host: FakeHost) -> None:
    run = _run(pack, fake_host.home, "sage")
    picture = fake_host.home / "loras" / "likeness" / "sage_chosen.png"
    _chosen(pack, run, 7, "")
    _chosen(pack, run, 12, "")
    assert picture.read_bytes() == b"step000012_0.png of sage"
    picture.write_bytes(b"painted by hand")
    assert "It replaces sage_step000012.safetensors" in _chosen(pack, run, 7, "").ui["text"][0]
    assert picture.read_bytes() == b"painted by hand"


def test_the_longest_name_of_a_run_can_be_chosen_from(pack: Pack, fake_host: FakeHost) -> None:
    for name in ("n" * 64, "好" * 60):
        chosen = _chosen(pack, _run(pack, fake_host.home, name), 7, "").args[0]
        assert chosen.path.is_file() and chosen.path.stem.endswith("_chosen")


def test_an_export_edited_by_hand_stays_and_the_same_export_is_the_same_file(pack: Pack, fake_host: FakeHost) -> None:
    folder = fake_host.home / "output" / "likeness" / "recipes"
    presets = pack("trainer.recipe.presets").PRESETS
    recipes = [presets[name].recipe for name in list(presets)[:2]]
    export = pack("nodes.train.exchange").ExportRecipe.execute
    for _ in range(2):
        assert (
            export(recipe=recipes[0], format="kohya TOML", name="mine").ui["text"][0].startswith("Written: mine.toml")
        )
    assert "mine.toml is there already" in export(recipe=recipes[1], format="kohya TOML", name="mine").ui["text"][0]
    (folder / "mine_2.toml").write_text("mine")
    made = export(recipe=recipes[1], format="kohya TOML", name="mine")
    assert made.ui["text"][0].startswith("Written: mine_3.toml")
    assert (folder / "mine_2.toml").read_text() == "mine"


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link", "in another root", "one of two"])
def test_whatever_has_the_name_stays(publish: Any, tmp_path: Path, kind: str) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    taken = (there if kind == "in another root" else here) / ("sage_b.x" if kind == "one of two" else "sage.x")
    if kind == "folder":
        taken.mkdir()
    elif kind == "dangling link":
        taken.symlink_to(tmp_path / "nowhere")
    else:
        taken.write_bytes(b"theirs")
    done = publish([here, there], "sage", {".x": b"ours", "_b.x": b"ours too"})
    assert (done.stem, done.taken) == ("sage_2", taken.name)
    assert taken.is_dir() or taken.is_symlink() or taken.read_bytes() == b"theirs"
    assert sorted(path.name for path in here.glob("sage_2*")) == ["sage_2.x", "sage_2_b.x"]


def test_somebody_who_is_quicker_keeps_the_name(pack: Pack, publish: Any, tmp_path: Path, monkeypatch: Any) -> None:
    module = pack("nodes.host.published")
    create = module.create_atomically

    def late(path: Path, data: bytes) -> None:
        if path.name == "sage_b.x":
            path.write_bytes(b"theirs")
        create(path, data)

    monkeypatch.setattr(module, "create_atomically", late)
    assert publish([tmp_path], "sage", {".x": b"ours", "_b.x": b"ours too"}).stem == "sage_2"
    assert (tmp_path / "sage_b.x").read_bytes() == b"theirs"
    assert not (tmp_path / "sage.x").exists()


def test_a_file_in_the_folders_place_is_told_and_not_tried_for_ever(publish: Any, tmp_path: Path) -> None:
    (tmp_path / "recipes").write_text("in the way")
    with pytest.raises(OSError):
        publish([tmp_path / "recipes"], "sage", {".x": b"ours"})


def test_a_run_may_not_have_the_name_of_a_folder_of_ours(pack: Pack) -> None:
    train = pack("nodes.train.train").TrainCharacterLora
    for name in ("recipes", "Recipes"):
        assert "kept for a folder of our own" in train.validate_inputs(name=name)


def test_nothing_is_written_through_a_link_below_the_hosts_folders(pack: Pack, fake_host: FakeHost) -> None:
    outside, output = fake_host.home / "models", fake_host.home / "output"
    run = _run(pack, fake_host.home, "sage")
    folders, pictures = pack("nodes.host.folders"), pack("nodes.host.pictures")
    linked: dict[Path, Callable[[], object]] = {
        run.path / "report": lambda: folders.run_folder("sage"),
        run.path / "cache" / "deep": lambda: folders.run_folder("sage"),
        output / "likeness" / "recipes": folders.recipes_folder,
        output / "likeness_demo": lambda: folders.demo_folder(0),
        output / "likeness_pictures" / "crops" / ".notes": lambda: pictures.pictures_folder("crops"),
        output / "likeness_captions": pack("nodes.host.model_folders").caption_store,
        output / "likeness_datasets" / "set": lambda: pictures.save_folder("output", "set"),
        fake_host.home / "loras" / "likeness": lambda: _chosen(pack, run, 7, "x"),
    }
    for link, write in linked.items():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(outside)
        with pytest.raises(pack("trainer.errors").LikenessError, match=f"{link.name} links to another place"):
            write()
        link.unlink()
    assert list(outside.iterdir()) == []


def test_the_hosts_own_folder_may_be_a_link(pack: Pack, fake_host: FakeHost, tmp_path: Path) -> None:
    (fake_host.home / "output").rmdir()
    (tmp_path / "disk").mkdir()
    (fake_host.home / "output").symlink_to(tmp_path / "disk")
    assert pack("nodes.host.folders").run_folder("sage") == fake_host.home / "output" / "likeness" / "sage"


@pytest.mark.parametrize("name", ["con", "PRN.safetensors", "lpt1", "𝒜" * 64])
def test_a_name_that_no_file_can_have_everywhere_is_refused(pack: Pack, name: str) -> None:
    with pytest.raises(pack("trainer.errors").RunError, match="The name"):
        pack("nodes.host.folders").run_folder(name)
