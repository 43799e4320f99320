"""The choice of who reads faces, the readers behind it, and who tells whether a picture still looks like a render."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..trainer.errors import DatasetError, FaceError, pip_install

if TYPE_CHECKING:
    from ..trainer.dataset.dataset import Dataset

AUTO, NO_READER, DEMO_DRAWINGS = "auto", "no faces", "demo drawings"
_NAMES: Mapping[str, str] = {
    AUTO: "auto",
    "AuraFace": "auraface",
    "insightface buffalo_l": "buffalo_l",
    "insightface antelopev2": "antelopev2",
    "OpenCV (YuNet + SFace)": "opencv",
    "dlib (pip only)": "dlib",
    "CCIP (drawn characters)": "ccip",
    "DINO (anything, no faces)": "dino",
    DEMO_DRAWINGS: "demo",
}
READERS = tuple(_NAMES)
NO_STYLE_READER = (
    "Whether variants still look like renders is not measured. For that, put config.json, model.safetensors, "
    "preprocessor_config.json and the tokenizer files of openai/clip-vit-large-patch14 into "
    "models/clip_vision/clip-vit-large-patch14."
)


@dataclass(frozen=True, kw_only=True)
class Readers:
    """A face reader and an attribute reader, either of them None. `note` says what the user should know of them.

    `missing` says in one sentence that there is none although one was asked for, and how to get one.
    """

    faces: Any = None
    attributes: Any = None
    note: str = ""
    missing: str = ""
    is_wired: bool = False

    @property
    def name(self) -> str:
        return self.faces.name if self.faces is not None else NO_READER


def reader_of(choice: str) -> Any:
    """The face reader of a choice; FaceError says what is missing and where it belongs."""
    try:
        return _opened(choice)
    except FaceError as fault:
        said = f"{no_reader()}\n{fault}" if choice == AUTO else f"{fault}{_instead(choice)}"
        raise FaceError(said) from fault


def _opened(choice: str) -> Any:
    from ..trainer.demo.reader import register_demo_reader
    from ..trainer.faces.registry import open_reader
    from .host.model_folders import face_folders

    if choice not in _NAMES:
        raise FaceError(f"There is no face reader {choice!r}; choose one of {', '.join(READERS)}.")
    register_demo_reader()
    return open_reader(_NAMES[choice], face_folders())


def readers_of(choice: str, landmarks: Sequence[Any] | None, dataset: Dataset) -> Readers:
    """Readers for a check. `auto` goes on without faces where no reader is ready; a named one must be there."""
    faces, note, missing = _faces(choice)
    attributes = faces if choice == DEMO_DRAWINGS else None
    if landmarks:
        from ..trainer.faces.readers.landmarks import landmark_readers

        faces, attributes = landmark_readers(_frames(landmarks, dataset), faces)
    missing = missing if faces is None else ""
    return Readers(faces=faces, attributes=attributes, note=note, missing=missing, is_wired=bool(landmarks))


def no_reader() -> str:
    """That no face reader is ready, and the shortest way to one, into the Python that runs ComfyUI."""
    from ..trainer.faces.readers.dlib import PACKAGES

    return (
        f"No face reader is installed. The quickest to get, with no file to look for: run {pip_install(PACKAGES)} and "
        "restart ComfyUI."
    )


def _instead(choice: str) -> str:
    """What would do in place of a reader that is not there."""
    from ..trainer.faces.readers.dlib import PACKAGES

    if _NAMES.get(choice) in (None, "dlib", "demo"):
        return ""
    return f" Or choose {AUTO!r}: it takes whichever is ready, and dlib needs no file ({pip_install(PACKAGES)})."


def style_reader(choice: str, faces: Any) -> Any:
    """The demo's reader for its own drawings, else the first whole CLIP in models/clip_vision; None without one."""
    from ..trainer.augment.variants.clip_looks import ClipLooks, find_clip
    from .host.model_folders import clip_folders

    if choice == DEMO_DRAWINGS:
        return faces
    folder = find_clip(clip_folders())
    return None if folder is None else ClipLooks(folder)


def _faces(choice: str) -> tuple[Any, str, str]:
    """The reader of a choice, what to know of it, and how to get one where `auto` finds none."""
    if choice == NO_READER:
        return None, "", ""
    try:
        reader = _opened(choice)
    except FaceError as fault:
        if choice != AUTO:
            raise FaceError(f"{fault}{_instead(choice)}") from fault
        return None, str(fault), f"Faces are not looked at. {no_reader()}"
    return reader, reader.licence, ""


def _frames(landmarks: Sequence[Any], dataset: Dataset) -> dict[str, Any]:
    """Faces seen by landmarks, by the sha256 of the picture they are of."""
    from ..trainer.faces.readers.mediapipe import from_landmarks

    frames = [frame for value in landmarks for frame in from_landmarks(value)]
    if len(frames) != len(dataset.samples):
        raise DatasetError(
            f"Face landmarks of {len(frames)} pictures came with a dataset of {len(dataset.samples)}; make them from "
            "the images of Turn dataset into images, part: all, of the same dataset."
        )
    return {sample.sha256: frame for sample, frame in zip(dataset.samples, frames, strict=True)}
