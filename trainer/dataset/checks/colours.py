"""What became of a picture's colours when it was read."""

from ..finding import Finding
from .facts import Facts


def judge_profile(facts: Facts) -> Finding | None:
    if not facts.profile:
        return None
    text = f"Its colours were converted to sRGB from the embedded profile {facts.profile}; look whether they are right."
    return Finding(check="profile", level="note", text=text)
