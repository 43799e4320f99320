"""Captions and prompts of variants: all of the source's words but its style."""

from ...captions.prose.parse import parse
from ...captions.prose.tags import classify_tag
from ...captions.rules.compose import spelling
from ...captions.rules.style import styles_of, without_opening


def restyled(caption: str, style: str) -> str:
    """A caption with `style` in place of whatever it said of style: last, where the style slot stands."""
    spoken = parse(caption)
    told = without_opening(spoken.prose, keep_style=False).rstrip(" .") if spoken.prose else ""
    return ", ".join([*_plain(spoken.tags), *([told] if told else []), style])


def with_style(caption: str, style: str) -> str:
    """The caption of an original, with `style` added where it says nothing of style."""
    spoken = parse(caption)
    says = styles_of(spoken) or any(classify_tag(tag).slot == "style" for tag in spoken.tags)
    return caption if says or not style.strip() or not caption else f"{caption.rstrip(' .')}, {style.strip()}"


def asked_for(caption: str, style: str, trigger: str, looks: str = "") -> str:
    """What a base that has never heard the trigger is asked to draw: the style first, then looks and caption."""
    unnamed = ", ".join(part for tag in restyled(caption, "").split(",") if (part := _unnamed(tag, trigger)))
    return ", ".join(part for part in (style, looks.strip(" ,"), unnamed) if part)


def _plain(tags: tuple[str, ...]) -> list[str]:
    return [tag for tag in tags if classify_tag(tag).slot != "style"]


def _unnamed(fragment: str, trigger: str) -> str:
    return " ".join(spelling(trigger).sub(" ", fragment).split())
