"""The plan's memory as a picture."""

from PIL import Image

from trainer.images.pen import RED
from trainer.planning.memory_sheet import draw_memory, with_memory

GIB = 2**30
MEMORY = {
    "phases": [
        {"name": "captions", "parts": {"text encoders": 9 * GIB}, "total": 9 * GIB},
        {"name": "training", "parts": {"weights": 5 * GIB, "activations": GIB, "LoRA": 0}, "total": 6 * GIB},
    ],
    "peak": 9 * GIB,
    "free": 7 * GIB,
    "fits": False,
    "change": "text_quantization int8",
    "cards": {"8": "int8 text", "24": "as it is"},
}


def test_a_phase_beyond_what_is_free_is_red_and_one_within_is_not() -> None:
    over, under = draw_memory(MEMORY), draw_memory({**MEMORY, "free": 10 * GIB, "fits": True, "change": ""})
    assert over.width == 1280 and over.height > under.height
    assert RED in _colors(over) and RED not in _colors(under)


def test_a_plan_without_memory_keeps_its_sheet() -> None:
    sheet = Image.new("RGB", (1280, 100))
    assert with_memory(sheet, None) is sheet
    assert with_memory(sheet, {"phases": []}) is sheet
    assert with_memory(sheet, MEMORY).height == 100 + draw_memory(MEMORY).height


def _colors(picture: Image.Image) -> set[tuple[int, ...]]:
    return {color for _, color in picture.getcolors(1 << 20) or []}  # type: ignore[misc]
