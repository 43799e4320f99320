"""What the links of a saved workflow bring."""

from typing import Any

MUTED, BYPASSED = 2, 4


def sources_of(workflow: dict[str, Any]) -> dict[int, list[Any]]:
    """By link what it brings, as [node, output]: through bypassed nodes, and nothing from muted ones."""
    nodes = {saved["id"]: saved for saved in workflow["nodes"]}
    links = {link[0]: (nodes[link[1]], link[2]) for link in workflow["links"]}

    def source(link: int | None) -> list[Any] | None:
        if link is None or links[link][0]["mode"] == MUTED:
            return None
        saved, slot = links[link]
        if saved["mode"] != BYPASSED:
            return [str(saved["id"]), slot]
        kind, ports = saved["outputs"][slot]["type"], saved["inputs"]
        # As the page does: the input of the same place where it is of the same type, else the first that is.
        same = [port for port in [*ports[slot : slot + 1], *ports] if port["type"] == kind]
        return source(same[0]["link"]) if same else None

    return {link: found for link in links if (found := source(link))}
