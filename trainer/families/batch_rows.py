"""Which rows of a batch are whose, for what hangs on a denoiser and sees tensors alone."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class BatchRows:
    """Of each row: whether it is told the prompt (else what is not wanted), and the number of its latent."""

    conditional: tuple[bool, ...]
    latent: tuple[int, ...]

    @classmethod
    def guided(cls, latents: int) -> "BatchRows":
        """The same latents twice, first without the prompt and then with it."""
        each = range(latents)
        return cls(tuple(half == 1 for half in range(2) for _ in each), (*each, *each))

    @classmethod
    def plain(cls, latents: int) -> "BatchRows":
        return cls((True,) * latents, tuple(range(latents)))

    def only(self, rows: Sequence[int]) -> "BatchRows":
        return BatchRows(tuple(self.conditional[row] for row in rows), tuple(self.latent[row] for row in rows))


_rows: ContextVar[BatchRows | None] = ContextVar("rows", default=None)


def rows_of_batch(count: int) -> BatchRows:
    """Of the batch that is asked about now; where nobody told, each row is a latent of its own with its prompt."""
    return _rows.get() or BatchRows.plain(count)


@contextmanager
def told_rows(rows: BatchRows) -> Generator[None]:
    """What is asked of a denoiser inside is asked about these."""
    token = _rows.set(rows)
    try:
        yield
    finally:
        _rows.reset(token)


@contextmanager
def only_rows(rows: Sequence[int]) -> Generator[None]:
    """What is asked of a denoiser inside is asked about these rows of the batch alone."""
    whole = _rows.get()
    token = _rows.set(whole and whole.only(rows))
    try:
        yield
    finally:
        _rows.reset(token)
