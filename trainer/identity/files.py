"""An adapter's file recognised and opened; any other file is told what it is and where it belongs."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from torch import Tensor

from ..errors import ModelError
from .adapter import Adapter
from .adapters import instantid, instantx_flux, ip_adapter, pulid, pulid_flux, xlabs_flux
from .kinds import KINDS, AdapterKind
from .misplaced import misplaced
from .weight_file import WeightFile

KIND_MARK, FAMILY_MARK = "likeness_kind", "likeness_family"
"""In a .safetensors file's metadata: its kind's name, and its base's family where widths do not tell it."""


class AdapterModule(Protocol):
    """What a file of `adapters/` gives: names are flat with dots, tensors as they are stored (fp16 mostly)."""

    def recognises(self, shapes: Mapping[str, tuple[int, ...]]) -> str:
        """The name of the kind that a file with these tensors is; "" where it is none of this module's."""
        ...

    def opened(self, path: Path, kind: AdapterKind, tensors: Mapping[str, Tensor]) -> Adapter:
        """ModelError where something in it does not go together. `kind.families` are those that it may be for."""
        ...


_MODULES: tuple[AdapterModule, ...] = (
    xlabs_flux,
    instantx_flux,
    pulid,
    pulid_flux,
    instantid,
    ip_adapter,
)
"""The first that recognises a file opens it: others have names of an IP-Adapter's layers among their own."""
_ALIKE = (
    frozenset({"ip_adapter_plus", "ip_adapter_plus_face"}),
    frozenset({"faceid_plus", "faceid_plus_v2"}),
    frozenset({"instantid", "faceid_unnorm"}),
    frozenset({"faceid", "demo"}),
)
"""Kinds whose files differ in nothing but their weights."""
_NAMED = {
    "ip_adapter_plus": (r"face", "ip_adapter_plus_face"),
    "faceid_plus": (r"plus[-_. ]?v2", "faceid_plus_v2"),
    "instantid": (r"unnorm", "faceid_unnorm"),
}
"""By the kind that their tensors show: what a file's name says if it is the other."""


def open_adapter(path: Path, kind: str = "") -> Adapter:
    """The adapter in a file, .safetensors or .bin, of a kind in `KINDS`; "" finds it by tensors, metadata and name.

    ModelError, one sentence, for what is no adapter, is damaged, or is of another kind than the one that is asked for.
    """
    if kind and kind not in KINDS:
        raise ModelError(f"There is no kind of adapter {kind!r}. Choose one of {', '.join(KINDS)}.")
    file = WeightFile(path)
    try:
        for module in _MODULES:
            if found := module.recognises(file.shapes):
                return module.opened(path, _kind(file, found, kind), file)
    except (LookupError, ValueError, ZeroDivisionError) as fault:
        raise ModelError(f"{path.name} has weights of shapes that do not fit together. Get the file again.") from fault
    raise misplaced(path, file.header)


def _kind(file: WeightFile, found: str, asked: str) -> AdapterKind:
    """The kind that is asked for, that the file says it is, or that its name makes of what its tensors show."""
    wanted = asked or file.metadata.get(KIND_MARK, "")
    if not wanted:
        pattern, other = _NAMED.get(found, ("$^", ""))
        return _of_family(file, KINDS[other if re.search(pattern, file.path.stem.lower()) else found])
    alike = next((kinds for kinds in _ALIKE if found in kinds), frozenset({found}))
    if wanted not in KINDS or wanted not in alike:
        raise ModelError(
            f"{file.path.name} is a file of {KINDS[found].title}, not of "
            f"{KINDS[wanted].title if wanted in KINDS else repr(wanted)}. Leave its kind open, or choose another file."
        )
    return _of_family(file, KINDS[wanted])


def _of_family(file: WeightFile, kind: AdapterKind) -> AdapterKind:
    said = file.metadata.get(FAMILY_MARK, "")
    return replace(kind, families=(said,)) if said in kind.families else kind
