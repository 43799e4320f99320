"""Offers the demo's own reader beside those of photographs: import this once where a user may ask for it by name.

It knows drawings only, so `auto` never chooses it.
"""

from ..faces.registry import FaceFolders, ReaderEntry, register
from ..runtime.onnx_engine import Device
from .reader import ASSETS, DemoReader


def _lacks(_: FaceFolders) -> str | None:
    return None


def _open(_: FaceFolders, __: Device) -> DemoReader:
    return DemoReader(ASSETS)


register(ReaderEntry(name="demo", licence=DemoReader.licence, lacks=_lacks, open=_open, is_auto=False))
