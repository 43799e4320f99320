"""What the first of several processes does for all, and what each does, heard of by all when it fails."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

from ..errors import Echo, LikenessError
from ..runtime.group import Group
from ..runtime.work import Ask

Event = TypeVar("Event")
Result = TypeVar("Result")
_GOING, _DONE, _FAILED, _STOP = "going", "done", "failed: ", "stop"


def lead(group: Group, work: Callable[[], bytes]) -> bytes:
    """What `work` returns, done once and heard by all. Its LikenessError is the others' Echo."""
    data = b""
    if group.rank:
        _await(group)
    else:
        data = _said(group, work)
        group.gathered(_DONE)
    return group.told(data)


def led(
    group: Group, work: Callable[[Ask], Generator[Event, None, Result]], cancelled: Ask
) -> Generator[Event, None, Result | None]:
    """What `work` yields and returns in the first process; the others wait, yield nothing and return None.

    `work` is given the callable that asks whether to stop, which any process may ask for: all meet at every event.
    """
    if group.rank:
        while _await(group, _STOP if cancelled() else "") == _GOING:
            pass
        return None
    others = False
    under_way = work(lambda: others or cancelled())
    with closing(under_way):
        while True:
            try:
                event = _said(group, lambda: next(under_way))
            except StopIteration as end:
                group.gathered(_DONE)
                return end.value
            others = _STOP in group.gathered(_GOING)
            yield event


def together(group: Group, work: Callable[[], Result]) -> Result:
    """What `work` returns, done by each. A LikenessError of one is the others' Echo."""
    try:
        result = work()
    except LikenessError as fault:
        rank, _ = _first_failure(group, str(fault))
        raise fault if rank == group.rank else Echo(str(fault)) from fault
    rank, sentence = _first_failure(group, "")
    if rank is not None:
        raise Echo(sentence)
    return result


def _first_failure(group: Group, own: str) -> tuple[int | None, str]:
    """The first process that has failed, and what it says; None where none has."""
    said = group.gathered(own)
    return next(((rank, each) for rank, each in enumerate(said) if each), (None, ""))


def _said(group: Group, work: Callable[[], Result]) -> Result:
    """What `work` returns; the others hear of its failure."""
    try:
        return work()
    except LikenessError as fault:
        group.gathered(f"{_FAILED}{fault}")
        raise


def _await(group: Group, word: str = "") -> str:
    """How the first process's work stands, while this one says `word`; Echo where it has failed."""
    stands = group.gathered(word)[0]
    if stands.startswith(_FAILED):
        raise Echo(stands.removeprefix(_FAILED))
    return stands
