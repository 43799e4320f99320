from dataclasses import replace
from pathlib import Path

import pytest

from trainer.captions.batch import caption_dataset, plan_captions
from trainer.captions.captioners.captioner import RawCaption, Tag
from trainer.captions.captioners.store import CaptionStore
from trainer.dataset.dataset import Dataset
from trainer.dataset.finding import verdict
from trainer.errors import Cancelled, DatasetError, ModelError

from .said_by import FakeCaptioner


@pytest.fixture
def dataset(tiny_dataset: Dataset) -> Dataset:
    """Five pictures, the last captioned by hand, the others not at all."""
    first = tuple(replace(sample, caption="", author="none") for sample in tiny_dataset.samples[:-1])
    return tiny_dataset.with_samples((*first, replace(tiny_dataset.samples[-1], caption="mine", author="hand")))


@pytest.fixture
def store(tmp_path: Path) -> CaptionStore:
    return CaptionStore(tmp_path / "store")


def test_every_picture_is_captioned_but_those_by_hand(dataset: Dataset, store: CaptionStore):
    captioner = FakeCaptioner()
    done = caption_dataset(dataset, captioner, store)
    assert [len(batch) for batch in captioner.asked] == [2, 2]
    for sample in done.dataset.samples[:4]:
        assert sample.caption == sample.raw == f"picture {sample.sha256[:8]}" and sample.author == "vlm"
    assert done.dataset.samples[4] == dataset.samples[4] and done.failed == ()


def test_the_plan_tells_beforehand_what_will_happen(dataset: Dataset, store: CaptionStore):
    plan = plan_captions(dataset, FakeCaptioner(), store)
    assert (plan.rewritten, len(plan.kept), plan.known) == (4, 1, ())
    caption_dataset(dataset, FakeCaptioner(), store)
    assert len(plan_captions(dataset, FakeCaptioner(), store, keep_hand=False).known) == 4


def test_captions_by_hand_are_rewritten_when_asked(dataset: Dataset, store: CaptionStore):
    done = caption_dataset(dataset, FakeCaptioner(), store, keep_hand=False)
    assert {sample.author for sample in done.dataset.samples} == {"vlm"}


def test_nothing_is_said_twice(dataset: Dataset, store: CaptionStore):
    first = caption_dataset(dataset, FakeCaptioner(), store)
    again = FakeCaptioner()
    assert caption_dataset(dataset, again, store).dataset == first.dataset and again.asked == []
    other = FakeCaptioner(key="fake 2")
    caption_dataset(dataset, other, store)
    assert sum(map(len, other.asked)) == 4


def test_what_was_said_survives_a_cancel(dataset: Dataset, store: CaptionStore):
    seen: list[tuple[int, int]] = []
    with pytest.raises(Cancelled, match="Stopped after 2 of 4 captions; they are kept"):
        caption_dataset(
            dataset,
            FakeCaptioner(),
            store,
            progress=lambda done, total, sample: seen.append((done, total)),
            cancelled=lambda: len(seen) == 2,
        )
    rest = FakeCaptioner()
    done = caption_dataset(dataset, rest, store)
    assert seen == [(1, 4), (2, 4)] and sum(map(len, rest.asked)) == 2
    assert all(sample.caption for sample in done.dataset.samples)


def test_an_interruption_from_outside_loses_nothing_said(dataset: Dataset, store: CaptionStore):
    def interrupt(done: int, total: int, sample: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        caption_dataset(dataset, FakeCaptioner(), store, progress=interrupt)
    assert len(plan_captions(dataset, FakeCaptioner(), store).known) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: RawCaption(""), "it said nothing"),
        (lambda: RawCaption(" \n\t "), "it said nothing"),
        (lambda: RawCaption("blah " * 2_000_000), "it said 10,000,000 characters, and 20,000 is the most"),
        (lambda: None, "AttributeError"),
    ],
)
def test_a_picture_without_a_caption_is_named_and_keeps_what_it_had(
    dataset: Dataset, store: CaptionStore, words: object, why: str
):
    bad = dataset.samples[1]
    before = dataset.with_samples(tuple(replace(s, caption="old", author="tagger") for s in dataset.samples))
    captioner = FakeCaptioner(lambda sha256: words() if sha256 == bad.sha256 else RawCaption("fine"))  # type: ignore[operator]
    done = caption_dataset(before, captioner, store)
    assert [sample.caption for sample in done.dataset.samples] == ["fine", "old", "fine", "fine", "fine"]
    assert done.dataset.samples[1].author == "tagger"
    assert done.failed[0].name == bad.path.name and done.failed[0].why.startswith(why)
    (finding,) = done.dataset.samples[1].findings
    assert finding.text.startswith(f"fake gave {bad.path.name} no caption: {why}")
    assert verdict(done.dataset.samples[1].findings) == "attention"
    assert plan_captions(before, captioner, store).new == (1,)


def test_a_warning_goes_once_the_picture_is_captioned(dataset: Dataset, store: CaptionStore):
    silent = FakeCaptioner(lambda sha256: RawCaption("" if sha256 == dataset.samples[0].sha256 else "words"))
    once = caption_dataset(dataset, silent, store).dataset
    assert once.samples[0].findings and not once.samples[1].findings
    assert caption_dataset(once, FakeCaptioner(), store).dataset.samples[0].findings == ()


def test_a_wrong_number_of_answers_is_taken_for_none_of_them(dataset: Dataset, store: CaptionStore):
    captioner = FakeCaptioner()
    captioner.caption = lambda images: [RawCaption("one")]  # type: ignore[method-assign]
    assert {s.caption for s in caption_dataset(dataset, captioner, store).dataset.samples} == {"one", "mine"}


def test_a_picture_that_cannot_be_read_any_more_is_named(dataset: Dataset, store: CaptionStore):
    dataset.samples[0].path.unlink()
    done = caption_dataset(dataset, FakeCaptioner(), store)
    assert [left.name for left in done.failed] == ["000.png"] and "missing" in done.failed[0].why
    assert all(sample.caption for sample in done.dataset.samples[1:])


def test_a_captioner_that_fails_every_time_stops_the_run(dataset: Dataset, store: CaptionStore):
    with pytest.raises(DatasetError, match="fake captioned none of 5 pictures; the first: ZeroDivisionError"):
        caption_dataset(dataset, FakeCaptioner(lambda sha256: 1 / 0), store, keep_hand=False)  # type: ignore[arg-type]


def test_a_missing_model_stops_the_run_at_once(dataset: Dataset, store: CaptionStore):
    def missing(sha256: str) -> RawCaption:
        raise ModelError("The tagger is not there.")

    captioner = FakeCaptioner(missing)
    with pytest.raises(ModelError, match="not there"):
        caption_dataset(dataset, captioner, store)
    assert len(captioner.asked) == 1


def test_text_that_no_file_could_hold_is_cleaned(dataset: Dataset, store: CaptionStore):
    said = caption_dataset(dataset, FakeCaptioner(lambda sha256: RawCaption("a\ud800 \x00cat\r\n sits\u2028")), store)
    assert said.dataset.samples[0].caption == "a? cat sits"


def test_a_character_hit_becomes_a_warning_and_stays_out_of_the_caption(dataset: Dataset, store: CaptionStore):
    tags = (Tag("long_hair", "general", 0.9), Tag("miku_(series)", "character", 0.97))
    done = caption_dataset(dataset, FakeCaptioner(lambda sha256: RawCaption("long hair", tags), author="tagger"), store)
    sample = done.dataset.samples[0]
    assert (sample.caption, sample.tags, sample.author) == ("long hair", ("long_hair",), "tagger")
    (finding,) = sample.findings
    assert (finding.check, finding.level, finding.value) == ("look_alike", "warning", 0.97)
    assert "miku (series) (0.97)" in finding.text


def test_a_tagger_adds_to_sentences_and_a_captioner_to_tags(dataset: Dataset, store: CaptionStore):
    tags = RawCaption("long hair", (Tag("long_hair", "general", 0.9),))
    tagger = FakeCaptioner(lambda sha256: tags, author="tagger", key="t")
    writer = FakeCaptioner(lambda sha256: RawCaption("A woman smiles."))
    for captioners in ((tagger, writer), (writer, tagger)):
        both = dataset
        for captioner in captioners:
            both = caption_dataset(both, captioner, store).dataset
        sample = both.samples[0]
        assert (sample.caption, sample.raw, sample.author) == ("A woman smiles.", "A woman smiles.", "vlm")
        assert sample.tags == ("long_hair",)


def test_a_picture_captioned_by_hand_keeps_what_was_said_of_it_before(dataset: Dataset, store: CaptionStore):
    said = RawCaption("long hair, smile", (Tag("long_hair", "general", 0.9), Tag("smile", "general", 0.8)))
    tagger = FakeCaptioner(words=lambda sha256: said, author="tagger")
    caption_dataset(dataset, tagger, store, keep_hand=False)
    mine = caption_dataset(dataset, tagger, store).dataset.samples[-1]
    assert (mine.caption, mine.author, mine.tags) == ("mine", "hand", ("long_hair", "smile"))
