"""Links between a folder and what is written into it."""

from pathlib import Path

from trainer.storage.links import link_on_the_way, link_within


def test_a_link_on_the_way_down_is_found_and_the_root_may_be_one(tmp_path: Path) -> None:
    (tmp_path / "disk" / "run").mkdir(parents=True)
    root = tmp_path / "output"
    root.symlink_to(tmp_path / "disk")
    assert link_on_the_way(root, root / "run" / "checkpoints") is None
    (root / "run" / "checkpoints").symlink_to(tmp_path)
    assert link_on_the_way(root, root / "run" / "checkpoints" / "deep") == root / "run" / "checkpoints"


def test_links_at_any_depth_are_found_and_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert link_within(folder) is None
    (folder / "seeds" / "2").mkdir(parents=True)
    (folder / "events.jsonl").write_text("")
    assert link_within(folder) is None
    (folder / "seeds" / "2" / "gone").symlink_to(tmp_path / "nowhere")
    assert link_within(folder) == folder / "seeds" / "2" / "gone"
