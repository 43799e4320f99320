"""Faults of the system over files as sentences, on every node: the host shows an error's words as they are."""

from functools import wraps
from typing import Any

from ..trainer.errors import DiskError


def told_in_sentences(node: type[Any]) -> type[Any]:
    """The node, whose execute raises DiskError in place of any other OSError."""
    execute = node.execute.__func__

    @wraps(execute)
    def told(cls: type[Any], *args: Any, **named: Any) -> Any:
        try:
            return execute(cls, *args, **named)
        except DiskError:
            raise
        except OSError as fault:
            raise DiskError(fault) from fault

    setattr(node, "execute", classmethod(told))  # noqa: B010
    return node
