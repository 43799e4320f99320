"""Whom files show: an identity that was saved, or pictures of the person."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import FaceError, ModelError
from ..faces.face import FaceReader
from ..images.pixels import load_rgb
from ..runtime.work import follow
from .identity import Identity
from .identity_file import read_identity_file
from .kinds import AdapterKind
from .pictures_seen import NamedPicture, Reading
from .read import identity_of_pictures, read_faces

OpenReader = Callable[[str], FaceReader]
"""The reader of faces for a face model, "" for any; FaceError where it is not here."""


def identity_of_files(paths: Sequence[Path], kind: AdapterKind, reader: OpenReader) -> Identity:
    """Of one identity file, or of pictures, whose faces are read where the adapter needs or likes them.

    ModelError for none and for both together; FaceError where a face is needed and none is found, or nobody reads it.
    """
    if not paths:
        raise ModelError(f"There is nobody for {kind.title} to be like: give an identity file or pictures.")
    saved = [path for path in paths if path.suffix == ".safetensors"]
    if saved and len(paths) > 1:
        raise ModelError(f"{saved[0].name} is an identity of its own: give it alone, or pictures alone.")
    if saved:
        return read_identity_file(saved[0])
    pictures = [NamedPicture(name=path.name, open=lambda one=path: load_rgb(one)) for path in paths]
    try:
        who = reader(kind.face_model)
    except FaceError:
        if kind.face_model:
            raise
        return identity_of_pictures(pictures)
    how = Reading(on_no_face="error" if kind.face_model else "pass through")
    return follow(read_faces(pictures, who, how)).identity
