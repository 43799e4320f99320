"""The shipped reader, on drawings of people it never saw."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from trainer.demo.assets import demo_reader, other_people
from trainer.demo.build.networks import DetectorNet, ReaderNet, export
from trainer.demo.characters.character import balanced_looks, character
from trainer.demo.reader import DemoReader
from trainer.demo.settings import asked
from trainer.demo.world.draw import draw, draw_empty
from trainer.demo.world.look import random_look
from trainer.errors import FaceError


def portraits(number: int, count: int = 12) -> list[Image.Image]:
    rng = np.random.default_rng([1, number])
    return [draw(character(number), look, rng).image for look in balanced_looks(count, rng)]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_person_is_one_person_in_every_look(number: int) -> None:
    faces = [demo_reader().faces(image)[0].embedding for image in portraits(number)]
    cosines = np.stack(faces) @ np.stack(faces).T
    assert cosines[np.triu_indices(len(faces), 1)].mean() >= 0.85


def test_two_people_are_not_one() -> None:
    reader = demo_reader()
    centers = [np.mean([reader.faces(image)[0].embedding for image in portraits(n, 6)], axis=0) for n in range(5)]
    cosines = np.corrcoef(np.stack(centers))
    assert cosines[np.triu_indices(5, 1)].max() < reader.same_person


def test_the_crowd_is_unlike_itself() -> None:
    others = other_people()
    assert len(others) >= 50
    assert abs(float((others @ others.T)[np.triu_indices(len(others), 1)].mean())) < 0.1


def test_what_a_drawing_shows_is_read_back() -> None:
    rng = np.random.default_rng(9)
    looks = balanced_looks(60, rng)
    readings = demo_reader().read([draw(character(n % 3), look, rng).image for n, look in enumerate(looks)])
    for slot in ("background", "scene", "clothing", "expression", "turn", "style"):
        right = np.mean([r.values[slot] == asked(look)[slot] for r, look in zip(readings, looks, strict=True)])
        assert right >= 0.9, slot


def test_a_face_is_found_where_it_was_drawn_whatever_the_size_of_the_page() -> None:
    rng = np.random.default_rng(3)
    drawing = draw(character(0), random_look(rng), rng)
    page = draw_empty(random_look(rng), rng).resize((400, 300))
    page.paste(drawing.image.resize((150, 150)), (200, 100))
    box = demo_reader().faces(page)[0].box
    truth = [200 + drawing.box[0] * 150 / 128, 100 + drawing.box[1] * 150 / 128]
    truth += [200 + drawing.box[2] * 150 / 128, 100 + drawing.box[3] * 150 / 128]
    assert np.abs(np.array(box) - truth).max() < 15


def test_an_empty_scene_has_no_face() -> None:
    rng = np.random.default_rng(8)
    found = [demo_reader().faces(draw_empty(random_look(rng), rng)) for _ in range(20)]
    assert sum(map(bool, found)) <= 1


def test_yaw_has_the_sign_of_the_turn() -> None:
    rng = np.random.default_rng(2)
    for look in balanced_looks(9, rng):
        yaw = demo_reader().faces(draw(character(0), look, rng).image)[0].yaw
        assert {"left": yaw < -10, "front": abs(yaw) < 20, "right": yaw > 10}[look.turn]


@pytest.mark.parametrize("kind", [ReaderNet, DetectorNet])
def test_the_onnx_file_says_what_the_network_says(kind: type, tmp_path: Path) -> None:
    import onnxruntime

    torch.manual_seed(0)
    net = kind()
    net.train()
    with torch.no_grad():
        for _ in range(3):
            net(torch.rand(8, 3, 128, 128))
    net.eval()
    export(net, tmp_path / "net.onnx")
    pixels = torch.rand(3, 3, 128, 128)
    session = onnxruntime.InferenceSession((tmp_path / "net.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    said = session.run(None, {"pixels": pixels.numpy()})
    with torch.no_grad():
        expected = net(pixels)
    for ours, theirs in zip(said, expected if isinstance(expected, tuple) else (expected,), strict=True):
        assert np.allclose(ours, theirs.numpy(), atol=5e-3)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FaceError, match="detector.onnx"):
        DemoReader(tmp_path).faces(Image.new("RGB", (64, 64)))
