"""Prior preservation: what the base itself draws without the trigger, kept so that only the trigger changes meaning."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...dataset.dataset import Dataset
from ...families.spec import FamilySpec
from ...generate.render_cache import RenderCache, Rendering, RenderRequest
from ...generate.render_store import KeyedPictures
from ...generate.shot import Generator, Shot
from ...recipe.buckets import Placement
from ...storage.seeding import derived_seed
from ...storage.values import canonical_json

_BARE_EVERY = 4


def without_trigger(caption: str, dataset: Dataset) -> str:
    """The caption as it would be of anybody: no trigger, the class word in its place if nothing names it."""
    trigger = rf"(?<!\w){re.escape(dataset.trigger)}(?!\w)"
    phrases = [" ".join(re.sub(trigger, " ", phrase).split()) for phrase in caption.split(",")]
    rest = ", ".join(phrase for phrase in phrases if phrase)
    if re.search(rf"(?<!\w){re.escape(dataset.subject)}(?!\w)", rest):
        return rest
    return f"{dataset.subject}, {rest}" if rest else dataset.subject


def prior_shots(
    count: int, seed: int, dataset: Dataset, places: Sequence[Placement], spec: FamilySpec
) -> tuple[Shot, ...]:
    """`count` pictures in the captions' contexts and bucket sizes, every fourth of the bare class word, drawn as the
    family usually is.

    A shot's prompt is the caption that its picture is trained with.
    """
    shots: list[Shot] = []
    for number in range(count):
        sample = number % len(places)
        is_bare = number % _BARE_EVERY == 0
        prompt = dataset.subject if is_bare else without_trigger(dataset.train[sample].caption, dataset)
        width, height = places[sample].bucket
        shots.append(
            Shot(
                prompt=prompt,
                seed=derived_seed(seed, "prior", number),
                width=width,
                height=height,
                steps=spec.drawn_steps,
                guidance=spec.drawn_guidance,
            )
        )
    return tuple(shots)


def prior_key(base: str, shot: Shot) -> str:
    """What a run's folder calls the picture, by the base's sha256 and everything that made it."""
    said = canonical_json([base, list(shot.by_content().values())])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def draw_prior(
    shots: Sequence[Shot], generator: Generator, folder: Path, base: str
) -> Iterator[tuple[Path, Rendering[int]]]:
    """Every picture with its file, numbered as its shot: first those on disk, then the others, sizes together."""
    store = KeyedPictures(folder)
    cache = RenderCache(
        generator=generator, store=store, fingerprint=base, key=prior_key, in_batches=True, refuses_blanks=False
    )
    requests = [RenderRequest(what=number, shot=shot) for number, shot in enumerate(shots)]
    requests.sort(key=lambda request: (request.shot.width, request.shot.height))
    for rendering in cache.render(requests):
        yield store.path(rendering.key), rendering
