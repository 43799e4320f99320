"""OpenCV's reader on a stand-in for the package, which need not be installed."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.errors import FaceError
from trainer.faces.readers.opencv import OpenCVReader
from trainer.faces.retry import SizedReader, detect_with_retries

FILES = ("face_detection_yunet_2023mar.onnx", "face_recognition_sface_2021dec.onnx")


class FakeCv2(ModuleType):
    """Finds one face over the left half of what it sees; the embedding is its mean colour, blue first."""

    INTER_AREA = 3
    __version__ = "4.12.0"

    class error(Exception):  # noqa: N801
        pass

    def __init__(self) -> None:
        super().__init__("cv2")
        self.opened: list[str] = []
        self.FaceDetectorYN = SimpleNamespace(create=self._detector)
        self.FaceRecognizerSF = SimpleNamespace(create=self._recogniser)

    def _detector(self, model: str, *_: Any) -> Any:
        self.opened.append(Path(model).name)
        if not Path(model).read_bytes():
            raise self.error("empty")
        return FakeDetector()

    def _recogniser(self, model: str, *_: Any) -> Any:
        self.opened.append(Path(model).name)
        return SimpleNamespace(alignCrop=lambda image, row: image, feature=self._feature)

    @staticmethod
    def _feature(image: np.ndarray) -> np.ndarray:
        return np.pad(image.mean(axis=(0, 1)), (0, 125))[None]

    @staticmethod
    def resize(pixels: np.ndarray, size: tuple[int, int], interpolation: int) -> np.ndarray:
        return np.asarray(Image.fromarray(pixels).resize(size))


class FakeDetector:
    def __init__(self) -> None:
        self.size, self.threshold = (0, 0), 0.0

    def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802
        self.size = size

    def setScoreThreshold(self, threshold: float) -> None:  # noqa: N802
        self.threshold = threshold

    def detect(self, pixels: np.ndarray) -> tuple[int, np.ndarray | None]:
        assert pixels.shape[:2] == self.size[::-1]
        if self.threshold > 0.8:
            return 0, None
        wide, high = self.size
        points = [0.1 * wide, 0.4 * high, 0.4 * wide, 0.4 * high, 0.25 * wide, 0.6 * high, *[0.0] * 4]
        return 1, np.array([[0, 0, wide / 2, high, *points, 0.8]], np.float32)


@pytest.fixture
def cv2(monkeypatch: pytest.MonkeyPatch) -> FakeCv2:
    fake = FakeCv2()
    monkeypatch.setitem(sys.modules, "cv2", fake)
    return fake


def put_files(folder: Path, *names: str) -> Path:
    for name in names or FILES:
        (folder / name).write_bytes(b"network")
    return folder


def test_boxes_and_points_are_in_pixels_of_the_picture_however_large(cv2: FakeCv2, tmp_path: Path) -> None:
    face = OpenCVReader([put_files(tmp_path)]).faces(Image.new("RGB", (2000, 1000), (10, 20, 30)))[0]
    assert face.box == pytest.approx((0, 0, 1000, 1000), abs=2)
    assert face.points[1] == pytest.approx((800, 400), abs=2)
    assert face.score == pytest.approx(0.8)
    assert face.yaw is not None


def test_opencv_is_given_blue_first_and_embeddings_get_unit_length(cv2: FakeCv2, tmp_path: Path) -> None:
    face = OpenCVReader([put_files(tmp_path)]).faces(Image.new("RGB", (100, 100), (0, 30, 40)))[0]
    assert face.embedding[:3] == pytest.approx(np.array([0.8, 0.6, 0.0]))


def test_its_detector_can_be_told_size_and_threshold(cv2: FakeCv2, tmp_path: Path) -> None:
    reader = OpenCVReader([put_files(tmp_path)])
    assert isinstance(reader, SizedReader)
    assert reader.faces_at(Image.new("RGB", (100, 100)), side=64, threshold=0.9) == []
    assert detect_with_retries(reader, Image.new("RGB", (100, 100))).attempt == "as it is"


def test_the_newest_full_precision_file_is_taken(cv2: FakeCv2, tmp_path: Path) -> None:
    newest = "face_detection_yunet_2026may.onnx"
    put_files(tmp_path, *FILES, newest, "face_detection_yunet_2027jan_int8.onnx")
    OpenCVReader([tmp_path])
    assert cv2.opened[0] == newest


@pytest.mark.parametrize(("there", "missing"), [(FILES[1], "YuNet"), (FILES[0], "SFace")])
def test_a_missing_file_is_named(cv2: FakeCv2, tmp_path: Path, there: str, missing: str) -> None:
    with pytest.raises(FaceError, match=f"{missing}.*put it at"):
        OpenCVReader([put_files(tmp_path, there)])


def test_a_file_opencv_cannot_load_is_named(cv2: FakeCv2, tmp_path: Path) -> None:
    put_files(tmp_path)
    (tmp_path / FILES[0]).write_bytes(b"")
    with pytest.raises(FaceError, match="cannot load face_detection_yunet_2023mar.onnx"):
        OpenCVReader([tmp_path])


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(FaceError, match="pip install opencv-python-headless"):
        OpenCVReader([put_files(tmp_path)])
