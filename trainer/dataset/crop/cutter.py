"""Makes new samples out of old ones and remembers them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...faces.turned import upright_box
from ...storage.values import key_of
from ..sample import FaceMark, Sample
from .geometry import Crop, FaceCrop, face_crop
from .pixels import cut
from .report import Cut
from .store import CropStore, FoundFace
from .turn import upright_crop


class Cutter:
    """Cuts by `faces`, keyed by the sha256 of their pictures; None where a picture has none."""

    def __init__(self, shelf: CropStore, faces: Mapping[str, FoundFace | None], step: Callable[[str], None]) -> None:
        self.faces = faces
        self.step = step
        self._shelf = shelf

    @property
    def knows_eyes(self) -> bool:
        """Whether the eyes of every face are known: one rule must frame them all."""
        return all(face.eyes is not None for face in self.faces.values() if face is not None)

    def side(self, face: FoundFace, size: tuple[int, int], rule: FaceCrop) -> int:
        """How wide a close-up would be."""
        return face_crop(face.box, size, rule, self._eyes(face)).size[0]

    def close_up(self, sample: Sample, face: FoundFace, rule: FaceCrop) -> Cut:
        size = (sample.width, sample.height)
        upright = upright_crop(face, size, rule, knows_eyes=self.knows_eyes)
        crop = upright or face_crop(face.box, size, rule, self._eyes(face))
        return self.cut(sample, face, crop, rule)

    def cut(self, sample: Sample, face: FoundFace | None, crop: Crop, rule: FaceCrop | None = None) -> Cut:
        """A crop of a sample as a new one; `rule` for close-ups. Its caption, split and repeats are the sample's."""
        outside, colour = (rule.outside, rule.colour) if rule and crop.padded else ("shrink", "white")
        masks = [sample.mask_sha256] if sample.mask_sha256 else []
        key = key_of(
            "crop", sample.sha256, sample.matte, sample.masked, crop.box, crop.size, crop.turn, outside, colour, *masks
        )
        made = self._shelf.crop(key)
        if made is None:
            made, png, mask = cut(sample, crop, outside, colour, face.box if face else None)
            self._shelf.keep_crop(key, made, png, mask)
        new = replace(
            sample,
            path=self._shelf.picture(made),
            sha256=made.sha256,
            width=made.width,
            height=made.height,
            origin="crop",
            source=sample.family,
            mask=self._shelf.mask(made),
            mask_sha256=made.mask_sha256,
            masked=sample.masked or (crop.padded and outside == "transparent"),
            face=None if face is None else _carried(face, crop),
            findings=(),
        )
        return Cut(source=sample, made=new, crop=crop, kind="face" if rule else "body", face=face)

    def _eyes(self, face: FoundFace) -> float | None:
        return face.eyes[1] if face.eyes is not None and self.knows_eyes else None


def _carried(face: FoundFace, crop: Crop) -> FaceMark:
    """The face in the crop's own pixels. A turn around its middle leaves the box where it is, or on its side."""
    x, y = crop.size[0] / (crop.box[2] - crop.box[0]), crop.size[1] / (crop.box[3] - crop.box[1])
    left, top, right, bottom = upright_box(face.box, crop.turn)
    box = ((left - crop.box[0]) * x, (top - crop.box[1]) * y, (right - crop.box[0]) * x, (bottom - crop.box[1]) * y)
    return FaceMark(box=box, reader=face.reader, yaw=face.yaw, pitch=face.pitch)
