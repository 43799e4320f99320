"""An adapter's tokens of an identity: those that it has, else made of what is known and of its pictures."""

from collections.abc import Callable
from pathlib import Path

from ..errors import ModelError
from ..storage.file_hash import file_sha256, files_fingerprint
from .adapter import Adapter
from .encode import encoded
from .identity import Identity, TokenKey, face_fault, how_made
from .kinds import AdapterKind
from .references import Tokens
from .use import Use
from .views import features_name

FindEncoder = Callable[[str], Path]
"""Where the file of an image encoder lies; ModelError where it is missing."""
_HASH = 16


def with_tokens(identity: Identity, adapter: Adapter, use: Use, encoder: FindEncoder) -> Identity:
    """The identity with this adapter's tokens in it, and with what its encoder said; itself where it has them.

    ModelError where the faces are another network's, and where pictures or an encoder are missing.
    """
    key = token_key(adapter, use)
    if identity.made(key) is not None:
        return identity
    if fault := face_fault(identity, adapter.kind):
        raise ModelError(fault)
    seen = with_features(identity, adapter.kind, encoder)
    by = "" if seen is identity else _fingerprint(encoder(adapter.kind.images))
    made = adapter.tokens(seen.references(adapter.kind), use)
    return seen.with_tokens(TokenKey(kind=key.kind, file=key.file, encoder=by, how=key.how), made)


def tokens_of(identity: Identity, adapter: Adapter, use: Use, encoder: FindEncoder) -> Tokens:
    """As `with_tokens` makes them."""
    tokens = with_tokens(identity, adapter, use, encoder).made(token_key(adapter, use))
    assert tokens is not None
    return tokens


def with_features(identity: Identity, kind: AdapterKind, encoder: FindEncoder) -> Identity:
    """The identity with what the kind's encoder says of its pictures; itself where that is known, or there are none."""
    if not kind.images or not identity.pictures or features_name(kind) in identity.features:
        return identity
    return identity.with_features(features_name(kind), encoded(kind, identity.pictures, encoder(kind.images)))


def token_key(adapter: Adapter, use: Use) -> TokenKey:
    """What an adapter's tokens are known by, whichever encoder it was."""
    return TokenKey(kind=adapter.kind.name, file=file_sha256(adapter.path)[:_HASH], how=how_made(use))


def _fingerprint(path: Path) -> str:
    return files_fingerprint([path])
