"""What makes an IP-Adapter's tokens of CLIP's output, of a face embedding, or of both."""

from collections.abc import Mapping

from torch import Tensor, nn

from .filled import Shapes, filled
from .resampler import Perceiver, PerceiverSizes, Resampler

_SEEN = "perceiver_resampler."


class ImageProjection(nn.Module):
    """The plain IP-Adapter: CLIP's pooled output through one layer (ip_adapter/ip_adapter.py, ImageProjModel)."""

    def __init__(self, features: int, rows: int, context: int) -> None:
        super().__init__()
        self.features = features
        self.proj = nn.Linear(features, rows)
        self.norm = nn.LayerNorm(context)

    def forward(self, pooled: Tensor) -> Tensor:
        """(n, features) -> (n, tokens, context)."""
        return self.norm(self.proj(pooled).unflatten(-1, (-1, *self.norm.normalized_shape)))


class FullProjection(nn.Module):
    """Full Face: each of CLIP's patches a token (ip_adapter/ip_adapter.py, MLPProjModel)."""

    def __init__(self, features: int, wide: int, context: int) -> None:
        super().__init__()
        self.features = features
        self.proj = nn.Sequential(nn.Linear(features, wide), nn.GELU(), nn.Linear(wide, context), nn.LayerNorm(context))

    def forward(self, hidden: Tensor) -> Tensor:
        """(n, t, features) -> (n, t, context)."""
        return self.proj(hidden)


class FaceProjection(nn.Module):
    """FaceID and Portrait: a face embedding (ip_adapter/ip_adapter_faceid.py, MLPProjModel)."""

    def __init__(self, features: int, wide: int, rows: int, context: int) -> None:
        super().__init__()
        self.features = features
        self.proj = nn.Sequential(nn.Linear(features, wide), nn.GELU(), nn.Linear(wide, rows))
        self.norm = nn.LayerNorm(context)

    def forward(self, faces: Tensor) -> Tensor:
        """(n, features) -> (n, tokens, context)."""
        return self.norm(self.proj(faces).unflatten(-1, (-1, *self.norm.normalized_shape)))


class FacePlusProjection(FaceProjection):
    """FaceID Plus: the face's tokens are latents that read CLIP's patches (ip_adapter_faceid.py, ProjPlusModel)."""

    def __init__(self, features: int, wide: int, rows: int, context: int, perceiver: Perceiver) -> None:
        super().__init__(features, wide, rows, context)
        self.perceiver_resampler = perceiver

    def both(self, faces: Tensor, hidden: Tensor, shortcut: float | None) -> Tensor:
        """(n, features) and (n, t, d) -> (n, tokens, context); None is Plus, a share of the picture Plus v2."""
        tokens = self.forward(faces)
        seen = self.perceiver_resampler.read(tokens, hidden)
        return seen if shortcut is None else tokens + shortcut * seen


Projection = ImageProjection | FullProjection | FaceProjection | Resampler


def projection_of(tensors: Mapping[str, Tensor], where: str = "The adapter's file") -> Projection:
    """Of an IP-Adapter's `image_proj` tensors without that prefix; ModelError where they do not go together."""
    return filled(_for_shapes, tensors, where)


def _for_shapes(shapes: Shapes) -> Projection:
    if "latents" in shapes:
        return Resampler(shapes)
    if "proj.weight" in shapes:
        rows, features = shapes["proj.weight"]
        return ImageProjection(features, rows, shapes["norm.weight"][0])
    wide, features = shapes["proj.0.weight"]
    if "proj.3.weight" in shapes:
        return FullProjection(features, wide, shapes["proj.3.weight"][0])
    sizes = features, wide, shapes["proj.2.weight"][0], shapes["norm.weight"][0]
    seen = {name.removeprefix(_SEEN): shape for name, shape in shapes.items() if name.startswith(_SEEN)}
    return FacePlusProjection(*sizes, Perceiver(PerceiverSizes.of(seen))) if seen else FaceProjection(*sizes)


def tokens_of(projection: Projection, faces: Tensor | None, images: Tensor | None, shortcut: float | None) -> Tensor:
    """(n, tokens, context) of face embeddings (n, d), of CLIP's output (n, …), or of both, as the projection reads."""
    if isinstance(projection, FacePlusProjection):
        assert faces is not None and images is not None
        return projection.both(faces, images, shortcut)
    if isinstance(projection, Resampler) and faces is not None:
        return projection(faces.unsqueeze(1))
    return projection(images if faces is None else faces)
