"""Caption nodes: tagged once, captions by hand kept, rules passed on, decisions of the table applied and written."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ..fake_host import FakeHost, Interrupted
from ..pictures import write_folder

Pack = Callable[[str], Any]
TAGGER = "wd-eva02-large-tagger-v3"


@pytest.fixture
def folder(fake_host: FakeHost) -> Path:
    """Four pictures of the trigger `sage`, the last with a caption by hand."""
    inside = write_folder(fake_host.home / "input" / "who")
    for number in (1, 2, 3):
        (inside / f"{number:03d}.txt").unlink()
    return inside


@pytest.fixture
def dataset(pack: Pack, fake_host: FakeHost, folder: Path) -> Any:
    return pack("trainer.dataset.files.folder").read_dataset(fake_host.home / "input" / "who")


@pytest.fixture
def tagger(pack: Pack, fake_host: FakeHost) -> str:
    """A small random tagger where ComfyUI keeps them."""
    random_tagger = pack("trainer.bench.inputs.random_tagger")
    size = random_tagger.TaggerSize(general=60, character=10, hidden=8, layers=1, bias=0.0)
    random_tagger.write_random_tagger(fake_host.home / "models" / "wd14" / TAGGER, size)
    return TAGGER


def _tag(pack: Pack, dataset: Any, tagger: str = TAGGER, **more: Any) -> Any:
    choices = {"threshold": 0.35, "character_threshold": 0.85, "mcut": False, "keep_by_hand": True, **more}
    return pack("nodes.captions.tag").TagWithWd14.execute(dataset=dataset, tagger=tagger, **choices)


def _rules(pack: Pack, dataset: Any, **more: Any) -> Any:
    choices = {
        "policy": "core: what most pictures share",
        "family": "SDXL, SD 1.5 (75 tokens)",
        "form": "both",
        "style": "auto",
        "keep": "",
        "drop": "",
        "signature": "",
        "fill_light": False,
        "rewrite_by_hand": False,
        **more,
    }
    return pack("nodes.captions.rules").ApplyCaptionRules.execute(dataset=dataset, **choices)


def _use(pack: Pack, dataset: Any, *texts: str, are: str = "sentences", keep: bool = True) -> Any:
    return pack("nodes.captions.use").UseCaptions.execute([dataset], list(texts), [are], [keep])


def _review(pack: Pack, dataset: Any, review: dict[str, Any] | None = None, **more: Any) -> tuple[Any, dict[str, Any]]:
    choices = {"save": "keep in the workflow", "review": json.dumps(review) if review else "", **more}
    made = pack("nodes.captions.review").ReviewCaptions.execute(dataset=dataset, **choices)
    state = made.ui["likeness_captions"][0]
    return made, json.loads(json.dumps(state))  # outputs travel as JSON


def _described(pack: Pack, dataset: Any) -> Any:
    texts = ["A woman with brown hair stands.", "She sits on a chair.", "She smiles, in a red coat.", "not taken"]
    return _use(pack, dataset, *texts).args[0]


def test_pictures_are_tagged_once_and_captions_by_hand_stay(pack: Pack, dataset: Any, tagger: str) -> None:
    made = _tag(pack, dataset)
    assert [sample.author for sample in made.args[0].samples] == ["tagger", "tagger", "tagger", "hand"]
    assert made.args[0].samples[3].caption == "sage, number 4"
    assert "3 captioned, 1 by hand kept" in made.ui["text"][0]
    again = _tag(pack, dataset)
    assert "3 captioned (3 from before), 1 by hand kept" in again.ui["text"][0]
    assert again.args[0] == made.args[0]
    assert _tag(pack, dataset, keep_by_hand=False).args[0].samples[3].author == "tagger"


def test_texts_of_a_batch_that_come_as_one_value_are_the_list(pack: Pack, dataset: Any) -> None:
    """Florence-2's node gives a list as one text where it was given several pictures at once."""
    texts = ["Standing.", "Sitting.", "Running.", "Asleep."]
    given = {"dataset": [dataset], "captions": [texts[:3], texts[3]], "are": ["sentences"], "keep_by_hand": [False]}
    made = pack("nodes.captions.use").UseCaptions.execute(**given)
    assert [sample.raw for sample in made.args[0].samples] == texts
    with pytest.raises(pack("trainer.errors").LikenessError, match="captions takes a text, and 7 came in"):
        pack("nodes.captions.use").UseCaptions.execute(**{**given, "captions": [[*texts[:3], 7]]})


def test_progress_names_the_picture_and_its_caption(pack: Pack, fake_host: FakeHost, dataset: Any, tagger: str) -> None:
    _tag(pack, dataset)
    said = [data["text"] for event, data in fake_host.sent if event == "likeness.note"]
    assert said[-1].startswith(f"{TAGGER}: 3 of 3, 1 by hand kept")
    assert "003.png: " in said[-1]


def test_cancel_while_tagging_keeps_what_was_tagged(pack: Pack, fake_host: FakeHost, dataset: Any, tagger: str) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        _tag(pack, dataset)
    fake_host.interrupted = False
    assert "from before" in _tag(pack, dataset).ui["text"][0]


def test_a_tagger_that_is_not_there_is_refused_before_the_queue_with_where_to_get_it(pack: Pack) -> None:
    node = pack("nodes.captions.tag").TagWithWd14
    said = node.validate_inputs(tagger=TAGGER)
    assert "models/wd14" in said and "SmilingWolf" in said and "model.onnx and selected_tags.csv" in said
    options = next(part for part in node.define_schema().inputs if part.id == "tagger").options["options"]
    assert TAGGER in options and len(options) == 6


def test_a_tagger_on_disk_is_listed_first(pack: Pack, fake_host: FakeHost, tagger: str) -> None:
    folder = fake_host.home / "models" / "wd14" / TAGGER
    folder.rename(folder.with_name("my-own-tagger"))
    node = pack("nodes.captions.tag").TagWithWd14
    options = next(part for part in node.define_schema().inputs if part.id == "tagger").options["options"]
    assert options[0] == "my-own-tagger"
    assert node.validate_inputs(tagger="my-own-tagger") is True


def test_taggers_of_the_wd14_pack_are_found(pack: Pack, fake_host: FakeHost, tagger: str) -> None:
    import sys

    packs = fake_host.home / "custom_nodes"
    models = packs / "ComfyUI-WD14-Tagger" / "models"
    models.mkdir(parents=True)
    kept = fake_host.home / "models" / "wd14" / TAGGER
    (kept / "model.onnx").rename(models / "wd-old.onnx")
    (kept / "selected_tags.csv").rename(models / "wd-old.csv")
    sys.modules["folder_paths"].folder_names_and_paths["custom_nodes"] = [packs.as_posix()]
    assert pack("nodes.captions.tag").TagWithWd14.validate_inputs(tagger="wd-old") is True


def test_a_joycaption_that_is_not_there_is_refused_before_the_queue(pack: Pack) -> None:
    said = pack("nodes.captions.joycaption").CaptionWithJoyCaption.validate_inputs(model="llama-joycaption")
    assert "models/LLavacheckpoints" in said and "fancyfeast" in said


def test_texts_of_other_nodes_become_captions(pack: Pack, dataset: Any) -> None:
    made = _use(pack, dataset, "a", "", "c" * 30_000, "d")
    assert [sample.caption[:5] for sample in made.args[0].samples] == ["a", "", "", "sage,"]
    assert "1 captions taken, 1 by hand kept" in made.ui["text"][0]
    warnings = "\n".join(made.ui["warning"])
    assert "002.png" in warnings and "003.png" in warnings and "30,000 characters" in warnings


def test_another_number_of_texts_is_refused(pack: Pack, dataset: Any) -> None:
    with pytest.raises(pack("trainer.errors").DatasetError, match="2 captions came for 4 pictures"):
        _use(pack, dataset, "a", "b")


def test_rules_show_what_they_did_and_pass_it_on(pack: Pack, dataset: Any) -> None:
    made = _rules(pack, _described(pack, dataset), drop="chair, coat")
    ruled, ruling, diff = made.args
    assert ruled.samples[0].caption.startswith("sage, person")
    assert "brown hair" not in ruled.samples[0].caption
    assert "- A woman with brown hair stands." in diff
    assert "of 4 captions rewritten" in made.ui["text"][0]
    assert ruling.rules.drop == ("chair", "coat")
    assert ruled.samples[3].caption == "sage, number 4"


def test_the_table_shows_every_caption_with_what_was_taken_out(pack: Pack, dataset: Any) -> None:
    ruled, ruling, _ = _rules(pack, _described(pack, dataset), policy="strict: all looks").args
    _, state = _review(pack, ruled, rules=ruling)
    assert [row["name"] for row in state["rows"]] == ["001.png", "002.png", "003.png", "004.png"]
    assert [row["author"] for row in state["rows"]] == ["vlm", "vlm", "vlm", "hand"]
    assert ["hair", "gone"] in state["rows"][0]["words"]
    assert (state["kept"], state["rewritten"], state["more"]) == (1, 3, 0)
    hair = next(row for row in state["appearance"] if row["row"] == "hair")
    assert hair == {"row": "hair", "title": "hair", "choice": "rules", "note": "left out of 1, said in 0 of 4"}
    assert state["rows"][0]["view"]["type"] == "temp"


def test_an_edit_is_in_the_dataset_and_in_the_txt_and_survives_captioning_again(
    pack: Pack, fake_host: FakeHost, dataset: Any, folder: Path
) -> None:
    ruled, ruling, _ = _rules(pack, _described(pack, dataset)).args
    _, state = _review(pack, ruled, rules=ruling)
    decided = {"captions": {state["rows"][1]["id"]: "sage, person, in my words"}}
    save = ".txt beside the pictures"
    made, state = _review(pack, ruled, decided, rules=ruling, save=save)
    assert made.args[0].samples[1].caption == "sage, person, in my words"
    assert (state["rows"][1]["edited"], state["rows"][1]["author"], state["kept"]) == (True, "hand", 2)
    assert (folder / "002.txt").read_text() == "sage, person, in my words\n"
    assert state["saved"] == "3 .txt files written, 1 were right already."
    read = pack("trainer.dataset.files.folder").read_dataset(fake_host.home / "input" / "who")
    assert [sample.author for sample in read.samples] == ["vlm", "hand", "vlm", "hand"]
    recaptioned = _use(pack, read, "She runs.", "She runs.", "She runs.", "She runs.").args[0]
    made, _ = _review(pack, _rules(pack, recaptioned).args[0], decided, rules=ruling, save=save)
    assert [sample.caption for sample in made.args[0].samples] == [
        "sage, person, She runs.",
        "sage, person, in my words",
        "sage, person, She runs.",
        "sage, number 4",
    ]
    assert (folder / "001.txt").read_text() == "sage, person, She runs.\n"


def test_a_txt_by_hand_in_the_way_is_kept_and_named(pack: Pack, dataset: Any, folder: Path) -> None:
    recaptioned = _use(pack, dataset, "a", "b", "c", "d", keep=False).args[0]
    made, _ = _review(pack, recaptioned, save=".txt beside the pictures")
    assert (folder / "004.txt").read_text() == "sage, number 4\n"
    assert "004.txt: its text is by hand" in made.ui["warning"][0]
    _review(pack, recaptioned, save=".txt, over texts by hand too")
    assert (folder / "004.txt").read_text() == "d\n"
    assert (folder / "004.txt.bak").read_text() == "sage, number 4\n"


def test_nothing_is_written_beside_pictures_that_are_not_in_a_folder_of_datasets(
    pack: Pack, fake_host: FakeHost, dataset: Any
) -> None:
    outside = fake_host.home / "output" / "likeness_pictures"
    outside.mkdir()
    picture = outside / "a.png"
    picture.write_bytes(dataset.samples[0].path.read_bytes())
    moved = replace(dataset.samples[0], path=picture)
    made, state = _review(pack, dataset.with_samples((moved,)), save=".txt beside the pictures")
    assert not picture.with_suffix(".txt").exists()
    assert "1 pictures were made by nodes" in state["saved"]


def test_as_many_captioners_can_be_wired_as_a_review_knows(pack: Pack) -> None:
    assert pack("nodes.captions.review").MOST_OTHERS == pack("trainer.captions.captioners.captioner").MOST_SOURCES - 1


def test_captioners_are_shown_side_by_side_and_chosen(pack: Pack, dataset: Any) -> None:
    one = _use(pack, dataset, "a", "b", "c", "d").args[0]
    other = _use(pack, dataset, "e", "f", "g", "h", are="tags").args[0]
    _, state = _review(pack, one, others={"other_0": other})
    assert state["sources"] == ["1: sentences", "2: tags"]
    assert state["rows"][0]["texts"] == ["a", "e"]
    made, state = _review(pack, one, {"sources": {state["rows"][0]["id"]: 1}}, others={"other_0": other})
    assert [sample.caption for sample in made.args[0].samples] == ["e", "b", "c", "sage, number 4"]


@pytest.mark.parametrize("review", ["[]", '{"captions": {"x": "y"}}', '{"extra": 1}', "{"])
def test_a_review_that_is_none_is_refused_before_the_queue(pack: Pack, review: str) -> None:
    node = pack("nodes.captions.review").ReviewCaptions
    assert node.validate_inputs(review=review) is not True
    assert node.validate_inputs(review="", others=None) is True


def test_cancel_is_noticed_between_previews(pack: Pack, fake_host: FakeHost, dataset: Any) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        _review(pack, dataset)
