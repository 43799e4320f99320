"""The words for which way a face looks, and for how much of the picture it fills."""

CLOSE_UP, FULL_BODY = 0.35, 0.12
NO_FACE = "no face"
TILTS = ("looking up", "looking down")
ANGLES = (
    "front",
    "three-quarter left",
    "three-quarter right",
    "left profile",
    "right profile",
    *TILTS,
    NO_FACE,
)
FRAMINGS = ("close-up", "medium", "full body")


def framing_of(face: tuple[float, float, float, float], size: tuple[int, int]) -> str:
    """The bucket of a face box's height in the picture's, `size` being (width, height)."""
    share = (face[3] - face[1]) / size[1]
    if share > CLOSE_UP:
        return "close-up"
    return "medium" if share >= FULL_BODY else "full body"
