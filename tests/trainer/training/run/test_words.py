"""What a run tells of itself, in words."""

from dataclasses import replace

from trainer.training.run.events import MemoryScored, PicturesWatched, Settled
from trainer.training.run.words import concern_words, memory_words, settled_words


def test_how_a_run_computes_is_one_line_and_what_is_not_known_is_left_out() -> None:
    settled = Settled(step=0, compiled="yes", attention="flash", recomputed=12, blocks=57, planned=6 << 30)
    assert settled_words(settled, 5 << 30) == (
        "compiled: yes · attention flash · 12 of 57 blocks recomputed · planned 6.0 GiB, peak 5.0 GiB"
    )
    bare = replace(settled, compiled="no: a CPU", attention="", blocks=0, planned=None)
    assert settled_words(bare, 300 << 20) == "compiled: no (a CPU) · peak 300 MiB"


def test_the_memory_score_is_told_between_its_ends() -> None:
    assert memory_words(MemoryScored(step=1, score=0.54, low=0.5, high=0.6)) == (
        "learned by heart: 0.54 (0.5 is none, 1 all), 0.50 to 0.60"
    )


def test_pictures_worth_a_look_are_told_the_most_urgent_first() -> None:
    watched = PicturesWatched(
        step=1,
        names=("a.png", "b.png", "c.png", "d.png"),
        learned=(0.5, 0.2, 0.0, 0.1),
        verdicts=("learning", "near-duplicate", "stuck", ""),
    )
    assert [line.partition(":")[0] for line in concern_words(watched)] == ["c.png", "b.png"]
