"""Likeness: train, compare and use character LoRAs inside ComfyUI."""

WEB_DIRECTORY = "./web"


async def comfy_entrypoint():
    """The host calls this at start; nothing heavier than our node classes is imported."""
    from .nodes import LikenessExtension

    return LikenessExtension()
