"""Plain words for colours."""

import colorsys

_HUES = (
    (0.045, "red"),
    (0.11, "orange"),
    (0.185, "yellow"),
    (0.45, "green"),
    (0.53, "turquoise"),
    (0.70, "blue"),
    (0.80, "purple"),
    (0.95, "pink"),
    (1.01, "red"),
)


def colour_name(colour: tuple[int, int, int]) -> str:
    """`black`, `dark gray`, `light blue`, …: good enough to tell backgrounds of one set apart."""
    hue, light, _ = colorsys.rgb_to_hls(*(value / 255 for value in colour))
    chroma = (max(colour) - min(colour)) / 255
    if light < 0.12:
        return "black"
    if light > 0.93 and chroma < 0.08:
        return "white"
    shade = "dark " if light < 0.33 else "light " if light > 0.72 else ""
    if chroma < 0.12:
        return f"{shade}gray"
    word = next(name for top, name in _HUES if hue < top)
    return "brown" if word == "orange" and light < 0.4 else f"{shade}{word}"
