"""Whether a picture shows what its prompt asked for."""

from collections.abc import Iterable, Mapping


def followed(asked: Mapping[str, str], read: Mapping[str, str]) -> dict[str, bool]:
    """By slot, whether the reader read what was asked; slots it does not read are left out."""
    return {slot: read[slot] == word for slot, word in asked.items() if slot in read}


def share(slots: Mapping[str, bool]) -> float:
    """Part of the slots that were followed; `slots` must not be empty."""
    return sum(slots.values()) / len(slots)


def by_slot(pictures: Iterable[Mapping[str, bool]]) -> dict[str, float]:
    """Part of the pictures that followed, a slot."""
    hits: dict[str, list[bool]] = {}
    for picture in pictures:
        for slot, hit in picture.items():
            hits.setdefault(slot, []).append(hit)
    return {slot: sum(values) / len(values) for slot, values in hits.items()}
