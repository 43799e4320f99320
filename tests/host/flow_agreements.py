"""Run by the host's interpreter: tiny bases of several flow families in the host's own classes and in ours.

Prints one JSON line: figures by family.
"""

import json
import sys
import tempfile
from pathlib import Path

COMFY, PACK = (Path(argument) for argument in sys.argv[1:3])
sys.argv = ["main.py", "--cpu"]
# Ours first: the host has a folder `tests` of its own.
sys.path[:0] = [PACK.as_posix(), COMFY.as_posix()]

import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()

from tests.host import flux2_agreement, z_image_agreement  # noqa: E402

with tempfile.TemporaryDirectory() as folder:
    figures = {
        "flux2": flux2_agreement.agreement(Path(folder) / "flux2"),
        "z_image": z_image_agreement.agreement(Path(folder) / "z_image"),
    }
print(json.dumps(figures))  # noqa: T201
