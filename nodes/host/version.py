"""Which ComfyUI this is."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version


def host_versions() -> dict[str, str]:
    """ComfyUI's own version and its page's, as far as they tell."""
    found: dict[str, str] = {}
    with suppress(ImportError):
        from comfyui_version import __version__

        found["ComfyUI"] = __version__
    with suppress(PackageNotFoundError):
        found["page"] = version("comfyui-frontend-package")
    return found
