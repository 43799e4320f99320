"""Words on panels can be read in every palette of the host: contrast by WCAG 2, of colours as the browser has them."""

from typing import Any

import pytest

from .browser import Page

PALETTES = {
    "dark": ("#ffffff", "#171718", "#222222", "#dddddd"),
    "dark before 1.50": ("#ffffff", "#353535", "#222222", "#dddddd"),
    "light": ("#222222", "#ffffff", "#c9c9c9", "#222222"),
    "light before 1.50": ("#222222", "#f5f5f5", "#c9c9c9", "#222222"),
    "arc": ("#ffffff", "#242730", "#2b2f38", "#dddddd"),
    "github": ("#e5eaf0", "#13171d", "#161b22", "#bcc2c8"),
    "nord": ("#e5eaf0", "#161b22", "#2e3440", "#bcc2c8"),
    "solarized": ("#fdf6e3", "#073642", "#002b36", "#93a1a1"),
}
"""ComfyUI's own: fg-color, comfy-menu-bg, comfy-input-bg, input-text."""
_NAMES = ("--fg-color", "--comfy-menu-bg", "--comfy-input-bg", "--input-text")
_WORDS = ("green", "amber", "red", "blue", "violet", "quiet")
_CHIPS = ("ready", "attention", "blocked")
_LEAST = 4.5


@pytest.mark.parametrize("palette", PALETTES)
def test_words_stand_out_from_panels_and_their_grounds(page: Page, palette: str) -> None:
    page.page.evaluate(_PAINT, dict(zip(_NAMES, PALETTES[palette], strict=True)))
    for ground in ("var(--comfy-menu-bg)", "var(--likeness-ground)"):
        for word in (*(f"var(--likeness-{name})" for name in _WORDS), "var(--fg-color)"):
            assert _contrast(page, f"color: {word}; background: {ground}") >= _LEAST, (word, ground)
    assert _contrast(page, "color: var(--input-text); background: var(--comfy-input-bg)") >= _LEAST


@pytest.mark.parametrize("verdict", _CHIPS)
def test_verdicts_are_readable_on_their_chips(page: Page, verdict: str) -> None:
    page.page.evaluate(_PAINT, dict(zip(_NAMES, PALETTES["light"], strict=True)))
    assert _contrast(page, "", f"likeness-verdict|{verdict}") >= _LEAST
    assert _contrast(page, "", f"likeness-plan-chip|{verdict}") >= _LEAST


def _contrast(page: Page, style: str, kind: str = "|") -> float:
    """Of a word in that style, as the browser computes it; colours come as channels from 0 to 1."""
    colours: list[list[float]] = page.page.evaluate(_COMPUTED, [style, *kind.split("|")])
    lights = sorted((_light(colour) for colour in colours), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _light(colour: list[float]) -> float:
    linear: list[Any] = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


_PAINT = """(palette) => {
    for (const [name, value] of Object.entries(palette)) document.documentElement.style.setProperty(name, value);
}"""

_COMPUTED = """([style, kind, verdict]) => {
    const word = document.createElement('span');
    word.className = kind;
    word.dataset.verdict = verdict;
    word.style.cssText = style;
    document.body.append(word);
    const { color, backgroundColor } = getComputedStyle(word);
    word.remove();
    const channels = (text) => {
        const numbers = text.match(/-?[0-9.]+/g).map(Number);
        return text.startsWith('color(') ? numbers.slice(0, 3) : numbers.slice(0, 3).map((each) => each / 255);
    };
    return [channels(color), channels(backgroundColor)];
}"""
