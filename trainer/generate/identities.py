"""Identity adapters that shots ask for on a loaded family: read once, mounted while shots repeat them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import FaceError, ModelError
from ..faces.face import FaceReader
from ..families.family import Family
from ..identity.adapter import Adapter
from ..identity.files import open_adapter
from ..identity.from_files import OpenReader, identity_of_files
from ..identity.mount.mount import MountedIdentity, Placed, mount_identity, placed_on, refuse_made_for_others
from ..identity.prepare import tokens_of
from ..identity.references import Tokens
from ..identity.use import Use
from .attachments import Identity

_REMEMBERED = 4
"""Adapters with their tokens; files are read in parts, so that each holds little."""


def no_reader(face_model: str) -> FaceReader:
    """Where nobody reads faces: FaceError."""
    asked = f" by {face_model}" if face_model else ""
    raise FaceError(f"Nobody reads faces{asked} here: save an identity of the references with Read face, and give it.")


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenedIdentity:
    """An adapter with its tokens, and how it is used."""

    adapter: Adapter
    tokens: Tokens
    use: Use


class IdentityFiles:
    """Files of attachments, each read once. `reader` reads the faces of references that are pictures."""

    def __init__(self, reader: OpenReader = no_reader) -> None:
        self._reader = reader
        self._known: dict[str, tuple[Adapter, Tokens]] = {}

    def opened(self, identity: Identity, refuse: Callable[[Adapter], None] | None = None) -> OpenedIdentity:
        """ModelError and FaceError say which file is missing, broken or another's; `refuse` may raise one of an adapter
        before its references are read."""
        use = Use(weight=identity.weight, weight_type=identity.weight_type, start=identity.start, end=identity.end)
        key = identity.content_key
        if key not in self._known:
            while len(self._known) >= _REMEMBERED:
                self._known.pop(next(iter(self._known)))
            adapter = open_adapter(identity.adapter, identity.kind)
            if refuse is not None:
                refuse(adapter)
            whom = identity_of_files(identity.references, adapter.kind, self._reader)
            tokens = tokens_of(whom, adapter, use, lambda encoder: _encoder(identity, encoder))
            self._known[key] = adapter, tokens
        adapter, tokens = self._known[key]
        return OpenedIdentity(adapter=adapter, tokens=tokens, use=use)


class Identities:
    """`reader` reads the faces of references that are pictures."""

    def __init__(self, reader: OpenReader = no_reader) -> None:
        self._files = IdentityFiles(reader)
        self._mounted: MountedIdentity | None = None
        self._wanted: tuple[tuple[str, ...], ...] = ()

    def use(self, family: Family, identities: tuple[Identity, ...]) -> None:
        """Have these on the family and no others; ModelError, with none of them there, where one does not fit."""
        audible = tuple(each for each in identities if each.weight)
        wanted = tuple((each.content_key, *each.how) for each in audible)
        if wanted == self._wanted:
            return
        self.remove()
        if audible:
            self._mounted = mount_identity(family, *(self._placed(family, each) for each in audible))
            self._wanted = wanted

    def remove(self) -> None:
        """Take them off; the family draws as it did before."""
        if self._mounted is not None:
            self._mounted.remove()
        self.forget()

    def forget(self) -> None:
        """They went with their family."""
        self._mounted, self._wanted = None, ()

    def _placed(self, family: Family, identity: Identity) -> Placed:
        def refuse(adapter: Adapter) -> None:
            refuse_made_for_others(family, adapter.family, adapter.path.name)

        opened = self._files.opened(identity, refuse)
        return placed_on(family, opened.adapter, opened.tokens, opened.use)


def _encoder(identity: Identity, encoder: str) -> Path:
    if identity.encoder is None:
        raise ModelError(
            f"{identity.adapter.name} looks at the reference pictures through {encoder}: give that encoder's file, or "
            "an identity file that was saved with this adapter."
        )
    return identity.encoder
