"""The nodes in the page's language."""

import json

import pytest

from .comfyui import ROOT, Comfy
from .page import Pages

TITLES = {"fr": "Entraîner un LoRA de personnage", "ja": "キャラクター LoRA を学習", "zh": "训练角色 LoRA"}
_TRAIN = "() => LiteGraph.registered_node_types['LikenessTrainCharacterLora'].title"


def test_the_host_hands_out_every_language(comfy: Comfy) -> None:
    served = comfy.get("/i18n")
    for folder in sorted((ROOT / "locales").iterdir()):
        texts = json.loads((folder / "nodeDefs.json").read_text(encoding="utf-8"))
        assert {name: served[folder.name]["nodeDefs"][name] for name in texts} == texts


@pytest.mark.slow
@pytest.mark.parametrize("language", TITLES)
def test_the_page_shows_the_nodes_in_its_language(comfy: Comfy, pages: Pages, language: str) -> None:
    """German waits for a page that offers it."""
    comfy.post("/settings", {"Comfy.Locale": language})
    try:
        with pages.opened(vue=True) as page:
            page.reload()
            assert page.page.evaluate(_TRAIN) == TITLES[language]
            assert not [text for text in page.complaints if "likeness" in text.lower()]
    finally:
        comfy.post("/settings", {"Comfy.Locale": "en"})
        with pages.opened(vue=True) as page:
            page.reload()
