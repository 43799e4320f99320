"""Identity adapters that shots ask for on a loaded family: read once, mounted while shots repeat them."""

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
class _Opened:
    adapter: Adapter
    tokens: Tokens


class Identities:
    """`reader` reads the faces of references that are pictures."""

    def __init__(self, reader: OpenReader = no_reader) -> None:
        self._reader = reader
        self._opened: dict[tuple[str, ...], _Opened] = {}
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
        use = Use(weight=identity.weight, weight_type=identity.weight_type, start=identity.start, end=identity.end)
        opened = self._open(family, identity, use)
        return placed_on(family, opened.adapter, opened.tokens, use)

    def _open(self, family: Family, identity: Identity, use: Use) -> _Opened:
        key = (identity.content_key,)
        if key not in self._opened:
            while len(self._opened) >= _REMEMBERED:
                self._opened.pop(next(iter(self._opened)))
            adapter = open_adapter(identity.adapter, identity.kind)
            refuse_made_for_others(family, adapter.family, adapter.path.name)
            known = identity_of_files(identity.references, adapter.kind, self._reader)
            tokens = tokens_of(known, adapter, use, lambda encoder: _encoder(identity, encoder))
            self._opened[key] = _Opened(adapter=adapter, tokens=tokens)
        return self._opened[key]


def _encoder(identity: Identity, encoder: str) -> Path:
    if identity.encoder is None:
        raise ModelError(
            f"{identity.adapter.name} looks at the reference pictures through {encoder}: give that encoder's file, or "
            "an identity file that was saved with this adapter."
        )
    return identity.encoder
