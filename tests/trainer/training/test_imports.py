"""Importing the engine costs nothing that is not used."""

import subprocess
import sys


def test_importing_training_loads_no_model_library() -> None:
    heavy = ["diffusers", "peft", "transformers", "onnxruntime", "insightface", "cv2", "matplotlib"]
    heavy += ["bitsandbytes", "prodigyopt", "schedulefree"]
    imports = "import sys, trainer.training.train, trainer.generate.local"
    script = f"{imports}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
