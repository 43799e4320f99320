"""Reference pictures read by a face reader: whose face of each, who does not belong, and a report of it."""

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image

from ..errors import Cancelled, FaceError
from ..faces.choose import FaceChoice, choose_face
from ..faces.face import Face, FaceReader
from ..faces.frequent import frequent_person
from ..faces.outliers import FaceEmbedding, outlier_scores
from ..faces.retry import detect_with_retries
from ..images.pixels import pixel_sha256
from ..runtime.work import Ask, never
from .identity import Identity, best_first
from .pictures import FacePicture, face_crop, kept, with_face
from .pictures_seen import NamedPicture, Reading, Seen, faceless, line_of, nobody, stranger, warning

MOST_PICTURES = 4
"""Pictures that encoders look at: PuLID's reference app takes one and three more (app_v1.1.py)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadFaces:
    """The identity, the crops of the pictures that are used, in order, and a line a picture."""

    identity: Identity
    crops: Sequence[Image.Image]
    report: str
    warnings: Sequence[str]


def read_faces(
    pictures: Sequence[NamedPicture], reader: FaceReader, how: Reading | None = None, cancelled: Ask = never
) -> Generator[str, None, ReadFaces]:
    """Read the pictures, yielding the name of each as it is done. FaceError names a picture without a face where
    `on_no_face` says so, and is raised where nothing is left."""
    how = how or Reading()
    if not pictures:
        raise FaceError("There are no pictures to read a face from: wire some, or a dataset.")
    seen: list[Seen] = []
    for picture in pictures:
        if cancelled():
            raise Cancelled(f"Stopped after {len(seen)} of {len(pictures)} pictures; run again to start anew.")
        seen.append(_looked_at(picture, reader))
        yield picture.name
    choice = _choice(seen, reader, how)
    judged = _without_strangers([_chosen(one, reader, how, choice) for one in seen], reader)
    used = [number for number, one in enumerate(judged) if not one.why]
    if not used:
        raise FaceError(nobody(judged, reader))
    return _made([pictures[number] for number in used], [judged[number] for number in used], judged, reader, how)


def identity_of_pictures(pictures: Sequence[NamedPicture]) -> Identity:
    """Of pictures that nobody reads faces of: for adapters that look at pictures alone."""
    held: list[FacePicture] = []
    sha256s: list[str] = []
    for picture in pictures:
        image = picture.open()
        sha256s.append(pixel_sha256(image))
        if len(held) < MOST_PICTURES:
            held.append(kept(with_face(picture.name, image, None)))
    return Identity(pictures=tuple(held), source=_source(sha256s))


def _looked_at(picture: NamedPicture, reader: FaceReader) -> Seen:
    image = picture.open()
    found = detect_with_retries(reader, image)
    sha256 = pixel_sha256(image)
    return Seen(name=picture.name, faces=found.faces, attempt=found.attempt, size=image.size, sha256=sha256)


def _choice(seen: Sequence[Seen], reader: FaceReader, how: Reading) -> FaceChoice:
    if how.select != "character":
        return FaceChoice(policy=how.select, index=how.index)
    whom = seen[: how.known] if how.known else seen
    person = frequent_person([one.faces for one in whom], reader.same_person, reader.metric)
    if person is None:
        return FaceChoice()
    return FaceChoice(policy="character", character=person, metric=reader.metric)


def _chosen(one: Seen, reader: FaceReader, how: Reading, choice: FaceChoice) -> Seen:
    face = choose_face(one.faces, one.size, choice)
    if face is not None or how.on_no_face == "pass through":
        return replace(one, face=face)
    why = faceless(one, reader, how)
    if how.on_no_face == "error":
        raise FaceError(why)
    return replace(one, why=why)


def _without_strangers(seen: Sequence[Seen], reader: FaceReader) -> list[Seen]:
    faces = [_embedded(one.face) for one in seen]
    scores = outlier_scores(faces, reader.same_person, reader.metric)
    return [
        replace(one, why=stranger(score)) if score.is_outlier else one for one, score in zip(seen, scores, strict=True)
    ]


def _embedded(face: Face | None) -> FaceEmbedding | None:
    if face is None or not face.has_identity:
        return None
    return FaceEmbedding(embedding=np.asarray(face.embedding, np.float64), yaw=face.yaw, pitch=face.pitch)


def _made(
    pictures: Sequence[NamedPicture], used: Sequence[Seen], all_seen: Sequence[Seen], reader: FaceReader, how: Reading
) -> ReadFaces:
    rows = {number: _row(one.face) for number, one in enumerate(used) if one.face is not None and one.face.has_identity}
    faces = torch.stack(list(rows.values())) if rows else None
    ranked = [list(rows)[row] for row in best_first(faces)] if faces is not None else []
    best = [*ranked, *(number for number in range(len(used)) if number not in rows)][:MOST_PICTURES]
    held: dict[int, FacePicture] = {}
    crops: list[Image.Image] = []
    for number, (picture, one) in enumerate(zip(pictures, used, strict=True)):
        whole = with_face(picture.name, picture.open(), one.face)
        crops.append(face_crop(whole, how.crop_side))
        if number in best:
            held[number] = kept(whole)
    first = tuple(held[number] for number in best)
    identity = Identity(
        faces=faces,
        face_model=face_model_of(reader) if rows else "",
        pictures=first,
        mark=next((picture.mark for picture in first if picture.mark), None),
        source=_source([one.sha256 for one in used]),
    )
    return ReadFaces(
        identity=identity,
        crops=crops,
        report="\n".join(line_of(one, how) for one in all_seen),
        warnings=[line for one in all_seen if (line := warning(one))],
    )


def _source(sha256s: Sequence[str]) -> str:
    """Tells sets of pictures apart by their content, whatever their order."""
    return hashlib.sha256(" ".join(sorted(sha256s)).encode()).hexdigest()[:16]


def _row(face: Face) -> torch.Tensor:
    return torch.tensor(face.embedding, dtype=torch.float32).flatten() * (1.0 if face.length is None else face.length)


def face_model_of(reader: FaceReader) -> str:
    """The name of a reader's recogniser as adapters know it, else the reader's own name."""
    if reader.name == "demo reader":
        return "demo"
    return reader.name.removeprefix("insightface ")
