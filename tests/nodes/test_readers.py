"""Face readers by the words of the nodes: the engine offers each, and what it lacks is told with the host's folder."""

from collections.abc import Callable
from typing import Any

import pytest

from .fake_host import FakeHost

Pack = Callable[[str], Any]
FILES = {
    "AuraFace": "insightface/auraface/glintr100.onnx",
    "insightface buffalo_l": "insightface/buffalo_l",
    "OpenCV (YuNet + SFace)": "opencv/face_detection_yunet",
    "CCIP (drawn characters)": "ccip",
    "DINO (anything, no faces)": "dino/dinov2-base",
}


@pytest.mark.parametrize("choice", FILES)
def test_a_reader_that_is_not_there_says_what_belongs_where(pack: Pack, fake_host: FakeHost, choice: str) -> None:
    with pytest.raises(pack("trainer.errors").FaceError) as fault:
        pack("nodes.readers").reader_of(choice)
    assert f"models/{FILES[choice]}" in str(fault.value).replace("\\", "/")
    assert "\n" not in str(fault.value), "one sentence or two, on one line"


@pytest.mark.usefixtures("no_dlib")
def test_without_its_packages_dlib_says_the_command_alone(pack: Pack) -> None:
    with pytest.raises(pack("trainer.errors").FaceError, match="pip install dlib-bin face_recognition_models`"):
        pack("nodes.readers").reader_of("dlib (pip only)")


def test_every_choice_of_the_nodes_is_a_reader_of_the_engine(pack: Pack) -> None:
    pack("trainer.demo.reader").register_demo_reader()
    registry = pack("trainer.faces.registry")
    offered = set(registry._entries)
    readers = pack("nodes.readers")
    assert {name for choice, name in readers._NAMES.items() if choice != readers.AUTO} == offered
