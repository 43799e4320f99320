"""An adapter as it travels along a wire: its file for each family of models, opened when it is first used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...trainer.errors import ModelError

if TYPE_CHECKING:
    from ...trainer.identity.adapter import Adapter
    from ...trainer.identity.identity import Identity
    from ...trainer.identity.installed import AdapterFile
    from ...trainer.identity.kinds import AdapterKind
    from ...trainer.identity.references import Tokens
    from ...trainer.identity.use import Use

AUTO = "auto"
DEMO_ADAPTER = "Demo adapter"
_DEMO_FILE = ("adapter", "demo_adapter.safetensors")
"""In the demo's assets."""
_NO_DEMO = "The demo's adapter is missing; remake it with `python -m trainer demo build`, or reinstall the pack."


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class AdapterChoice:
    """`files` in the order in which they are taken: one for each family, or with `auto` all that bring a face.

    `clip_vision` is the host's encoder, wired in place of a file.
    """

    name: str
    files: Sequence[AdapterFile]
    clip_vision: Any = None
    _opened: dict[Path, Adapter] = field(default_factory=dict)
    _last: dict[Identity, Identity] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"identity adapter {self.name}"

    @property
    def is_auto(self) -> bool:
        return self.name == AUTO

    def opened(self, file: AdapterFile) -> Adapter:
        """ModelError says what else the file is, or what is broken in it."""
        from ...trainer.identity.files import open_adapter

        if file.path not in self._opened:
            self._opened[file.path] = open_adapter(file.path, file.kind)
        return self._opened[file.path]

    def kinds(self) -> list[AdapterKind]:
        """Of its files, each once."""
        return list({kind.name: kind for kind in map(self._kind, self.files)}.values())

    def refuse_other_family(self, model: Any) -> None:
        """ModelError where none of its files is for such a model, before anything is read or encoded for it."""
        if not self.is_auto and all(file.family not in ("", family_of(model)) for file in self.files):
            from ..host.identity.apply import refuse_other_family

            refuse_other_family(model, self.opened(self.files[0]))

    def fitting(self, family: str, identity: Identity) -> Adapter:
        """The first for a model of that family that can be read from the identity with what is installed.

        ModelError where there is none, with what the first would need.
        """
        ours = [file for file in self.files if file.family in ("", family)]
        if not ours and not self.is_auto:
            return self.opened(self.files[0])  # which the host refuses on this model, naming both
        faults = [self._fault(file, identity) for file in ours]
        fit = next((file for file, fault in zip(ours, faults, strict=True) if not fault), None)
        if fit is not None:
            return self.opened(fit)
        real = [fault for file, fault in zip(ours, faults, strict=True) if not self.is_auto or file.kind != "demo"]
        raise ModelError(next(iter(real), "") or nothing_installed(family))

    def read(self, identity: Identity, adapter: Adapter, use: Use) -> Identity:
        """The identity with the adapter's tokens; ModelError for faces of another network, and for what is missing."""
        from ...trainer.identity.prepare import with_tokens

        return with_tokens(self._seen(identity, adapter.kind), adapter, use, encoder_path)

    def tokens(self, identity: Identity, adapter: Adapter, use: Use) -> Tokens:
        """As `read` makes them. What encoders said of the last identity is kept: another weight asks none again."""
        from ...trainer.identity.prepare import tokens_of

        known = self.read(self._last.get(identity, identity), adapter, use)
        self._last.clear()
        self._last[identity] = known
        return tokens_of(known, adapter, use, encoder_path)

    def _seen(self, identity: Identity, kind: AdapterKind) -> Identity:
        """With what the wired encoder says of the pictures; itself without one, or where the kind has no use for it."""
        from ...trainer.identity.encode import shown
        from ...trainer.identity.views import features_name

        is_known = features_name(kind) in identity.features
        if self.clip_vision is None or is_known or not identity.pictures or not kind.images.startswith("clip"):
            return identity
        from ..host.identity.clip_images import clip_seen

        pictures = [shown(kind, picture) for picture in identity.pictures]
        return identity.with_features(features_name(kind), clip_seen(self.clip_vision, pictures, kind))

    def _fault(self, file: AdapterFile, identity: Identity) -> str:
        """What keeps it from being read from the identity."""
        from ...trainer.identity.identity import face_fault
        from ...trainer.identity.views import features_name

        kind = self._kind(file)
        if any(key.kind == kind.name for key in identity.tokens):
            return ""
        if fault := face_fault(identity, kind):
            return fault
        if not kind.images or features_name(kind) in identity.features:
            return ""
        if not identity.pictures:
            return f"{kind.title} looks at pictures, and this identity comes from a file without any; wire pictures."
        if self.clip_vision is not None and kind.images.startswith("clip"):
            return ""
        try:
            encoder_path(kind.images)
        except ModelError as fault:
            return str(fault)
        return ""

    def _kind(self, file: AdapterFile) -> AdapterKind:
        from ...trainer.identity.kinds import KINDS

        return KINDS[file.kind] if file.kind else self.opened(file).kind


def nothing_installed(family: str) -> str:
    """That no adapter for a family is there, and the first that `auto` would take."""
    from ...trainer.identity.installed import missing_adapter
    from ...trainer.identity.kinds import KINDS
    from ...trainer.identity.presets import BY_DEFAULT

    kinds = BY_DEFAULT.get(family)  # type: ignore[call-overload]
    if not kinds:
        return "No identity adapter is made for models of this kind; use one with SD 1.5, SDXL or FLUX.1."
    return f"No identity adapter for this model is installed. {missing_adapter(KINDS[kinds[0]], family)}"


def chosen(choice: str) -> AdapterChoice:
    """Of a preset's title, of a file by folder and name, or `auto`; ModelError where a file is missing or another's."""
    from ...trainer.identity.installed import AdapterFile, found_files, kind_titled, missing_adapter, named_files
    from ..host.adapter_files import adapter_folders, adapter_path

    if choice == AUTO:
        return AdapterChoice(name=AUTO, files=[*_demo(), *found_files(adapter_folders())])
    kind = kind_titled(choice)
    if kind is None:
        alone = AdapterChoice(name=choice, files=[AdapterFile(path=adapter_path(choice))])
        opened = alone.opened(alone.files[0])
        file = AdapterFile(path=opened.path, kind=opened.kind.name, family=opened.family)
        return AdapterChoice(name=choice, files=[file], _opened={file.path: opened})
    files = _demo() if choice == DEMO_ADAPTER else named_files(kind.name, adapter_folders())
    if not files:
        raise ModelError(_NO_DEMO if choice == DEMO_ADAPTER else missing_adapter(kind))
    return AdapterChoice(name=choice, files=files)


def _demo() -> list[AdapterFile]:
    """The demo's own, where it is built."""
    from ...trainer.demo.reader import ASSETS
    from ...trainer.identity.installed import AdapterFile

    path = ASSETS.joinpath(*_DEMO_FILE)
    return [AdapterFile(path=path, kind="demo", family="sdxl")] if path.is_file() else []


def family_of(model: Any) -> str:
    """As adapters name it; "" for a model of a family that is not known here."""
    from ..host.model_family import model_family

    spec = model_family(model)
    return "" if spec is None else "flux1" if spec.name.startswith("flux1") else spec.name


def encoder_path(encoder: str) -> Path:
    """Where the file of an image encoder lies; ModelError names it, its place and its terms."""
    from ...trainer.identity.installed import encoder_file
    from ..host.adapter_files import adapter_folders

    return encoder_file(encoder, adapter_folders())
