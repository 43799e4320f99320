"""What a run tells of itself while it learns, in words that the page, the console and a report have in common."""

from collections.abc import Mapping

from .events import MemoryScored, PicturesWatched, Settled

CONCERNS: Mapping[str, str] = {
    "stuck": "stuck: training takes nothing from its error",
    "suspect caption": "suspect caption: its words may say something else than it shows",
    "stranger": "stranger: may show somebody else",
    "near-duplicate": "near-duplicate: shown as often as its twin besides",
}
"""Verdicts that are worth a look, the most urgent first, and what each means."""
LEARNING = "learning"


def settled_words(settled: Settled, peak: int | None = None) -> str:
    """How the base lies and computes, in one line; `peak` in bytes as far as it is known."""
    planned = "" if settled.planned is None else f"planned {gib(settled.planned)}"
    memory = ", ".join(filter(None, (planned, "" if peak is None else f"peak {gib(peak)}")))
    blocks = f"{settled.recomputed} of {settled.blocks} blocks recomputed" if settled.blocks else ""
    attention = f"attention {settled.attention}" if settled.attention else ""
    answer, _, why = settled.compiled.partition(": ")
    compiled = f"compiled: {answer} ({why})" if why else f"compiled: {answer}"
    return " · ".join(filter(None, (compiled, attention, blocks, memory)))


def memory_words(scored: MemoryScored) -> str:
    """How far pictures are learned by heart, with its interval."""
    return f"learned by heart: {by_heart(scored.score)}, {scored.low:.2f} to {scored.high:.2f}"


def by_heart(score: float) -> str:
    """The memory score between its ends."""
    return f"{score:.2f} (0.5 is none, 1 all)"


def concern_words(watched: PicturesWatched) -> list[str]:
    """A line a picture that is worth a look, the most urgent kind first."""
    rows = sorted(zip(watched.verdicts, watched.names, watched.learned, strict=True), key=lambda row: urgency(row[0]))
    return [
        f"{name}: {CONCERNS[verdict]} ({learned:.0%} learned)" for verdict, name, learned in rows if verdict in CONCERNS
    ]


def urgency(verdict: str) -> int:
    """Small numbers come first: what is worth a look, then what learns, then what is too early to tell."""
    order = [*CONCERNS, LEARNING]
    return order.index(verdict) if verdict in order else len(order)


def gib(size: int) -> str:
    """Bytes as GiB, below one as MiB."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"
