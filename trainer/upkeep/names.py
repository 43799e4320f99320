"""Names that the pack gives files, so that nothing else is ever taken for its own."""

import re
from pathlib import Path

_HASH = "[0-9a-f]{64}"
_KEY = "[0-9a-f]{32}"
_REPORT = r"report(?:_[0-9a-f]{8})?"
DRAFT = re.compile(r"\..{1,60}\.[a-z0-9_]{8}\.part")
"""What `storage.atomic` writes before it moves it into place."""
_BATCH = re.compile(r"\.[a-z0-9_]{8}\.part")
"""The folder that `dataset.files.atomic_batch` writes numbered files into."""
PICTURE = re.compile(rf"(?P<hash>{_HASH})(?:-clear|-[0-9a-f]{{16}}.{{1,20}})?\.png")
NOTE = re.compile(r"[^/]+\.json")
PREVIEW = re.compile(r"[0-9a-f]{40}\.jpg")
CLAIM = (
    *("events.jsonl", "workflow.json", "last_error.json", "beside.json"),
    *("base.json", "dataset.json", "inputs.json", "recipe.json"),
)
"""What says whose a run is. The last is removed last: with it the rest is known for what it is."""
REPORTED = re.compile(rf"{_REPORT}/pictures/(?P<key>{_KEY})\.png")
RUN = {
    "caches": re.compile(r"cache/(?:latents|mask|condition)_[0-9a-f]{32}\.safetensors|prior/[0-9a-f]{32}\.png"),
    "states": re.compile(r"state(?:\.old|\.tmp)?/(?:state\.json|tensors\.safetensors)"),
    "samples": re.compile(r"samples/step(?P<step>\d{6,})_\d+\.png"),
    "checkpoints": re.compile(r"checkpoints/.+_(?:step\d{6,}|average\d+)\.safetensors"),
    "comparisons": REPORTED,
    "readings": re.compile(rf"{_REPORT}/readings/[a-z_]+-[0-9a-f]{{12}}\.jsonl"),
    "reports": re.compile(
        rf"{_REPORT}/(?:report\.(?:json|html|png)|balance\.(?:json|png)|model_card\.(?:md|png)|pace\.json|"
        rf"references/{_HASH}\.png|identities/[0-9a-f]{{16}}\.[^/]+|identities/{_HASH}\.png)"
    ),
    "run": re.compile("|".join(re.escape(name) for name in (*CLAIM, "lock", "lock.owner"))),
}
"""By kind, what a run's folder holds, from there on."""
_SEED = re.compile(r"seeds/\d+/")


def kind_in_run(inside: str) -> str:
    """What a file is by its way from a run's folder, or from that of one of its seeds; "" for one of somebody else."""
    inside = _SEED.sub("", inside, count=1) if _SEED.match(inside) else inside
    if is_draft(Path(inside)):
        return "drafts"
    return next((kind for kind, name in RUN.items() if name.fullmatch(inside)), "")


def is_draft(path: Path) -> bool:
    """Whether the file is on its way to its place, or was when its writer was killed."""
    is_of_batch = _BATCH.fullmatch(path.parent.name) is not None and path.name.isdigit()
    return is_of_batch or DRAFT.fullmatch(path.name) is not None
