"""Which way a face looks and how much of the picture it fills, as words."""

FRONT = 20.0
PROFILE = 55.0
TILTED = 20.0
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


def angle_of(yaw: float | None, pitch: float | None = None) -> str | None:
    """The bucket of a head's angles in degrees; left is the picture's left. None when yaw was not measured.

    A profile stays one however it is tilted: the side of the head is what it adds.
    """
    if yaw is None:
        return None
    side = "left" if yaw < 0 else "right"
    if abs(yaw) > PROFILE:
        return f"{side} profile"
    if pitch is not None and abs(pitch) > TILTED:
        return "looking up" if pitch > 0 else "looking down"
    return "front" if abs(yaw) <= FRONT else f"three-quarter {side}"


def framing_of(face: tuple[float, float, float, float], size: tuple[int, int]) -> str:
    """The bucket of a face box's height in the picture's, `size` being (width, height)."""
    share = (face[3] - face[1]) / size[1]
    if share > CLOSE_UP:
        return "close-up"
    return "medium" if share >= FULL_BODY else "full body"
