"""What stands in a sentence for the trigger, which a caption has at its front and only there."""

import re
from functools import lru_cache

from ..prose.persons import is_describing, is_person
from ..words import words

_DETERMINERS = words("a an the her his their this that my our")


@lru_cache(maxsize=64)
def spelling(trigger: str) -> re.Pattern[str]:
    """The trigger as a word of its own, also with spaces or hyphens for its underscores, in any case."""
    parts = [re.escape(part) for part in re.split(r"[_\s-]+", trigger) if part]
    body = r"[_\s-]+".join(parts) if parts else re.escape(trigger)
    return re.compile(rf"(?<![^\W_]){body}(?![^\W_])(?P<owner>['’]s)?", re.IGNORECASE)


def may_name(text: str, trigger: str) -> bool:
    """Whether `text` may hold the trigger, told cheaply."""
    return trigger.lower().split("_")[0].split("-")[0] in text.lower()


def named(text: str, trigger: str, subject: str) -> str:
    """`text` with a plain word for the trigger, which stands at the front of the caption already.

    `zxq woman` and `a woman named zxq` keep their noun, `zxq stands` becomes `the woman stands`.
    """
    if not may_name(text, trigger):
        return text
    noun = subject or "person"
    called = spelling(trigger)
    text = re.sub(
        rf"({called.pattern})[_-](?P<noun>[^\W_]+)",
        lambda found: f"{found[1]} {found['noun']}" if is_person(found["noun"].lower()) else found[0],
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(rf"\b(?:named|called) (?={called.pattern})", "", text, flags=re.IGNORECASE)
    text = re.sub(rf"\(\s*(?:{called.pattern})\s*\)", "", text, flags=re.IGNORECASE)
    text = re.sub(
        rf"(?:{called.pattern}), (?=an? |the )(?P<aside>[^,.;]+)(?P<closing>,?)",
        lambda found: found[0] if found["owner"] or not _names_person(found["aside"]) else found["aside"],
        text,
        flags=re.IGNORECASE,
    )
    return re.sub(r"  +", " ", called.sub(lambda found: _instead(found, text, noun), text)).strip()


def _names_person(aside: str) -> bool:
    return any(is_person(word) for word in aside.lower().split()[:5])


def _instead(found: re.Match[str], text: str, noun: str) -> str:
    """What stands for the trigger at one place, with an article where it needs one."""
    before, after = text[: found.start()].rstrip(), text[found.end() :].lstrip()
    last = before.rsplit(" ", 1)[-1].lower().strip(".,;:!?")
    first = not before or before[-1] in ".!?"
    has_noun = not found["owner"] and _starts_with_person(after, noun)
    if is_person(last) and before[-1].isalnum() and not has_noun:
        return found["owner"] or ""
    owner = found["owner"] or ""
    word = "" if has_noun else noun + owner
    if last in _DETERMINERS and before[-1].isalnum():
        return word
    article = "a" if last == "of" and has_noun else "the"
    return f"{article.capitalize() if first else article} {word}".rstrip()


def _starts_with_person(after: str, noun: str) -> bool:
    """Whether a word for a person follows, perhaps with adjectives: `zxq young woman`."""
    for word in after.lower().split()[:4]:
        bare = word.strip(".,;:!?")
        if is_person(bare) or bare in noun.lower().split():
            return True
        if bare != word or not is_describing(bare):
            return False
    return False
