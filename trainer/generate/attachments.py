"""What a shot brings beside its words and numbers: each names a file, and is known by what that file holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image

from ..errors import ModelError
from ..images.pixels import load_rgb, pixel_sha256
from ..storage.file_hash import file_sha256
from ..storage.values import key_of


@dataclass(frozen=True, kw_only=True)
class Lora:
    """A LoRA file applied to UNet and text encoders at `strength`."""

    path: Path
    strength: float = 1.0

    @property
    def content_key(self) -> str:
        """SHA-256 of the file's bytes, or of a PEFT folder's files; ModelError when they cannot be read."""
        try:
            return file_sha256(self.path) if not self.path.is_dir() else _folder_sha256(self.path)
        except OSError as fault:
            why = fault.strerror or str(fault)
            raise ModelError(f"The LoRA {self.path} cannot be read: {why}. Choose another checkpoint.") from fault

    @property
    def refusal(self) -> str:
        return f"These weights are drawn as they are and cannot load the LoRA {self.path}; leave it out."


@dataclass(frozen=True, kw_only=True)
class _Pixels:
    path: Path

    @property
    def content_key(self) -> str:
        """SHA-256 of the decoded pixels; DatasetError when they cannot be read."""
        return _pixels_key(self.path)


@dataclass(frozen=True, kw_only=True)
class Start(_Pixels):
    """A picture of the shot's size to begin from.

    `denoise` in (0, 1] is how much of the way to noise it goes first, 1 leaving nothing of it. All of the shot's steps
    are drawn whatever the denoise, as in ComfyUI's KSampler.
    """

    denoise: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.denoise <= 1:
            raise ModelError(f"A denoise of {self.denoise:g} draws nothing new; use more than 0 and at most 1.")

    def opened(self, width: int, height: int) -> Image.Image:
        """The picture to begin from; ModelError when it is not of that size."""
        image = load_rgb(self.path)
        if image.size != (width, height):
            wide, high = image.size
            raise ModelError(f"{self.path.name} is {wide} x {high} and cannot begin a picture of {width} x {height}.")
        return image

    @property
    def refusal(self) -> str:
        return f"This generator cannot begin at a picture, here {self.path.name}; draw from words alone."


@dataclass(frozen=True, kw_only=True)
class Control(_Pixels):
    """The hint that a ControlNet follows."""

    @property
    def refusal(self) -> str:
        return f"This generator has no ControlNet to follow the hint {self.path.name}; wire one in, in ComfyUI."


@dataclass(frozen=True, kw_only=True)
class Reference(_Pixels):
    """A picture that an edit model is shown, in its own shape; `strength` 1 counts it as the model does."""

    strength: float = 1.0

    @property
    def content_key(self) -> str:
        """Of the pixels alone at strength 1, as pictures of every version are named."""
        pixels = super().content_key
        return pixels if self.strength == 1 else key_of("reference", pixels, self.strength)

    @property
    def refusal(self) -> str:
        return (
            f"This generator cannot be shown the reference {self.path.name}: edit models run in ComfyUI only; use "
            "words or image to image here."
        )


@dataclass(frozen=True, kw_only=True)
class Identity:
    """An identity adapter's file, and whom it brings: an identity file, or pictures of the person.

    `kind` says what the file is where its tensors leave that open. `start` and `end` are parts of the way from noise to
    a picture. `encoder` is the file of the image encoder that the adapter looks at pictures through.
    """

    adapter: Path
    references: tuple[Path, ...]
    kind: str = ""
    weight: float = 0.6
    weight_type: str = "linear"
    start: float = 0.0
    end: float = 1.0
    encoder: Path | None = None

    @property
    def content_key(self) -> str:
        """Of adapter, references and encoder by what they hold; ModelError or DatasetError when one cannot be read."""
        references = [_file_key(one) if one.suffix == ".safetensors" else _pixels_key(one) for one in self.references]
        encoder = "" if self.encoder is None else _file_key(self.encoder)
        return key_of("identity", self.kind, _file_key(self.adapter), encoder, references)

    @property
    def how(self) -> tuple[str, ...]:
        """How it is used, in words."""
        return (f"{self.weight:g}", self.weight_type, f"{self.start:g}", f"{self.end:g}")

    @property
    def refusal(self) -> str:
        return f"This generator cannot bring a face by the adapter {self.adapter.name}; leave it out."


Attachment = Lora | Start | Control | Reference | Identity
ATTACHMENTS: frozenset[type[Attachment]] = frozenset({Lora, Start, Control, Reference, Identity})


def refuse_unsupported(attachments: Iterable[Attachment], supports: frozenset[type[Attachment]]) -> None:
    """ModelError for the first attachment that a generator which supports so much would leave out."""
    for attachment in attachments:
        if type(attachment) not in supports:
            raise ModelError(attachment.refusal)


def _folder_sha256(folder: Path) -> str:
    files = [path for path in sorted(folder.iterdir()) if path.suffix in (".json", ".safetensors", ".bin")]
    return key_of("folder", *((path.name, file_sha256(path)) for path in files))


def _file_key(path: Path) -> str:
    try:
        stat = path.stat()
        return _file_of(path, stat.st_size, stat.st_mtime_ns)
    except OSError as fault:
        raise ModelError(f"{path} cannot be read: {fault.strerror or fault}. Choose another file.") from fault


@lru_cache(maxsize=64)
def _file_of(path: Path, _size: int, _changed: int) -> str:
    return file_sha256(path)


def _pixels_key(path: Path) -> str:
    stat = path.stat() if path.is_file() else None
    return _pixels_of(path, stat and stat.st_size, stat and stat.st_mtime_ns)


@lru_cache(maxsize=512)
def _pixels_of(path: Path, _size: int | None, _changed: int | None) -> str:
    """Size and time are part of the cache's key: a picture rewritten in place is read again."""
    return pixel_sha256(load_rgb(path))
