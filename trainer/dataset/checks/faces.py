"""What the faces say of one picture: none, several, or somebody else's."""

from ...faces.outliers import OutlierScore
from ..finding import Finding

_BESIDE = 0.25
"""A face counts beside the largest from this part of its height: smaller ones are passers-by and mistakes."""


def count_faces(heights: list[float]) -> int:
    """How many faces could be the subject, by their heights in pixels."""
    return sum(1 for height in heights if height >= _BESIDE * max(heights))


def judge_faces(count: int, reader: str) -> Finding | None:
    if count == 0:
        text = f"No face found ({reader}), so its likeness is not measured. Accept it if no face is meant to show."
        return Finding(check="no face", level="warning", text=text, value=0.0)
    if count > 1:
        text = f"{count} faces found ({reader}): who is the subject? Crop to one face."
        return Finding(check="several faces", level="warning", text=text, value=float(count))
    return None


def judge_outlier(score: OutlierScore, reader: str) -> Finding | None:
    if not score.is_outlier or score.value is None or score.limit is None:
        return None
    text = (
        f"The odd one out: likeness {score.value:.2f} to {score.against}, where {score.limit:.2f} is the "
        f"least ({reader}). Drop it if it is somebody else."
    )
    return Finding(check="odd one out", level="warning", text=text, value=round(score.value, 3))
