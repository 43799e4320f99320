"""What `--only` names."""

from collections.abc import Iterable

from ..errors import RecipeError


def refuse_strangers(only: Iterable[str], known: Iterable[str]) -> None:
    """RecipeError names the first of `only` that is not known, with those that are."""
    known = tuple(known)
    for name in only:
        if name not in known:
            raise RecipeError(f"This bench has no {name!r}; --only takes {', '.join(known)}.")
