"""The one place that names the version of the host's node API."""

from typing import Any

from comfy_api import v0_0_2 as _version

# Typed here, because a checker without the host cannot follow the names further.
ComfyExtension: Any = _version.ComfyExtension
io: Any = _version.io
ui: Any = _version.ui
