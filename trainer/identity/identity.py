"""Who the references show: read once, used by every adapter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..errors import ModelError
from .kinds import AdapterKind
from .pictures import FaceMark, FacePicture
from .references import References, Tokens
from .use import Use
from .views import features_name

READERS_OF: Mapping[str, str] = {
    "antelopev2": "insightface antelopev2",
    "buffalo_l": "insightface buffalo_l",
    "demo": "demo drawings",
}
"""What Read face calls the reader of a face model."""


@dataclass(frozen=True, kw_only=True)
class TokenKey:
    """Which tokens: of the adapter `kind` in the file of that sha256, by the image encoder of that fingerprint ("" for
    none), made as `how` says."""

    kind: str
    file: str
    encoder: str = ""
    how: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Identity:
    """`faces` (n, d) are those that belong together, as the network of `face_model` gives them; None without any.

    `pictures` are the best few, the likest first; none once it comes from a file. `features` hold what encoders said of
    them, by `features_name`, and `tokens` what adapters made of all. `mark` is where the face of the likest picture
    lies. `source` tells the pictures by content, and `of` is the character's trigger or "".
    """

    faces: Tensor | None = None
    face_model: str = ""
    pictures: tuple[FacePicture, ...] = ()
    features: Mapping[str, References] = field(default_factory=dict[str, References])
    tokens: Mapping[TokenKey, Tokens] = field(default_factory=dict[TokenKey, Tokens])
    mark: FaceMark | None = None
    source: str = ""
    of: str = ""

    def __repr__(self) -> str:
        faces = 0 if self.faces is None else len(self.faces)
        return f"identity of {faces} faces by {self.face_model or 'nobody'}, {len(self.pictures)} pictures"

    @property
    def mean(self) -> Tensor | None:
        """(1, d), as long as the faces are on average."""
        return None if self.faces is None else mean_face(self.faces)

    def with_tokens(self, key: TokenKey, tokens: Tokens) -> "Identity":
        return replace(self, tokens={**self.tokens, key: tokens})

    def with_features(self, encoder: str, features: References) -> "Identity":
        return replace(self, features={**self.features, encoder: features})

    def over(self, before: "Identity") -> "Identity":
        """With what an earlier one of the same pictures knows beyond this, where the same network read the same faces
        in both: of a group, another person may have been chosen."""
        if before.face_model != self.face_model or not _alike(before.faces, self.faces):
            return self
        features, tokens = {**before.features, **self.features}, {**before.tokens, **self.tokens}
        return replace(self, features=features, tokens=tokens, of=self.of or before.of)

    def made(self, key: TokenKey) -> Tokens | None:
        """Tokens made before; those of any encoder where the key names none."""
        for known, tokens in self.tokens.items():
            same = (known.kind, known.file, known.how) == (key.kind, key.file, key.how)
            if same and key.encoder in ("", known.encoder):
                return tokens
        return None

    def references(self, kind: AdapterKind) -> References:
        """What the adapter is read from: the mean face, once for each picture where it looks at pictures too.

        ModelError where the faces are another network's, or an encoder has not looked at the pictures.
        """
        seen = self._features(kind)
        if not kind.face_model:
            return seen
        count = 1 if seen.pooled is None and seen.hidden is None else len(_first(seen.pooled, seen.hidden))
        face = self._face(kind)
        return replace(seen, faces=face.expand(count, -1).clone(), face_model=self.face_model)

    def _features(self, kind: AdapterKind) -> References:
        if not kind.images:
            return References()
        if (name := features_name(kind)) not in self.features:
            raise ModelError(
                f"{kind.title} looks at pictures, and this identity has none that {kind.images} has seen; wire "
                "pictures into Read face, or make the identity again with this adapter wired there."
            )
        return self.features[name]

    def _face(self, kind: AdapterKind) -> Tensor:
        if (fault := face_fault(self, kind)) or (face := self.mean) is None:
            raise ModelError(fault)
        return face


def face_fault(identity: Identity, kind: AdapterKind) -> str:
    """Why an adapter cannot be read from these faces; "" where it can."""
    if not kind.face_model:
        return ""
    reader = READERS_OF[kind.face_model]
    if identity.faces is None:
        return f"{kind.title} needs a face read by {kind.face_model}, and none was found; choose pictures with a face."
    if identity.face_model != kind.face_model:
        return (
            f"{kind.title} learned from faces as {kind.face_model} tells them, and these were read by "
            f"{identity.face_model}, whose numbers mean something else: set reader of Read face to {reader!r}."
        )
    return ""


def mean_face(faces: Tensor) -> Tensor:
    """(1, d) of (n, d): the mean direction, as long as the faces are on average.

    A plain mean is shorter the more they differ, and PuLID and InstantID read the length.
    """
    direction = normalize(normalize(faces).mean(dim=0, keepdim=True))
    return direction * faces.square().sum(dim=1).sqrt().mean()


def how_made(use: Use) -> str:
    """What of a use the tokens depend on."""
    return f"{use.combine}, shortcut {use.shortcut:g}{', each' if use.options.get('each') else ''}"


def _alike(one: Tensor | None, other: Tensor | None) -> bool:
    """Within what a network's numbers differ by from run to run."""
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-3, atol=1e-3)


def _first(*tensors: Tensor | None) -> Tensor:
    return next((tensor for tensor in tensors if tensor is not None), torch.zeros(1, 0))


def best_first(faces: Tensor) -> Sequence[int]:
    """Row numbers, those likest to the mean first."""
    likeness = normalize(faces) @ mean_face(faces)[0]
    return [int(row) for row in torch.argsort(likeness, descending=True, stable=True)]
