"""What of a reference picture an adapter's encoder is shown."""

from collections.abc import Mapping
from typing import Literal

from .kinds import AdapterKind

View = Literal["whole", "face", "upright", "pulid"]
"""The picture as it is; a square around the face; the face laid straight on 224 pixels; cut out of its background as
PuLID does."""
_VIEWS: Mapping[str, View] = {
    "ip_adapter_plus_face": "face",
    "ip_adapter_full_face": "face",
    "faceid_plus": "upright",
    "faceid_plus_v2": "upright",
    "pulid": "pulid",
    "pulid_v1_1": "pulid",
    "pulid_flux": "pulid",
}


def view_of(kind: AdapterKind) -> View:
    """As those who trained it showed it pictures; kinds that are for any picture see the whole."""
    return _VIEWS.get(kind.name, "whole")


def features_name(kind: AdapterKind) -> str:
    """Names what the encoder of a kind says of what it is shown; kinds alike in both share it."""
    return f"{kind.images}-{view_of(kind)}"
