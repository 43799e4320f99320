"""How many pictures there are, against the guide: 10 to 15 at least, 20 to 30 best, 50 and more flexible.

On the demo base, at equal work, likeness did not tell 5 pictures from 50, and variety did (docs/study.md): what more
pictures bring there is the guide's "flexible". The bounds are the guide's.
"""

from ..finding import Finding
from .rules import Rules


def judge_count(usable: int, distinct: int, rules: Rules, held_out: int = 0) -> list[Finding]:
    """Of the set: `usable` pictures to train on beside those held out, `distinct` of them when copies count once."""
    if usable == 0:
        text = "No picture can be trained on; mend the errors below or add pictures."
        return [Finding(check="count", level="error", text=text, value=0.0)]
    found = [_tier(usable, rules, held_out)]
    if usable > 1 and distinct * 2 <= usable:
        text = f"Only {_pictures(distinct)} of {usable} differ; the rest are near copies. Add pictures that differ."
        found.append(Finding(check="variety", level="warning", text=text, value=float(distinct)))
    return found


def judge_copies(usable: int, distinct: int) -> Finding | None:
    """Of the set: blocked when every picture has the same pixels; near copies are an estimate and only warn."""
    if usable < 2 or distinct > 1:
        return None
    text = f"All {usable} pictures are copies of one; add pictures that differ."
    return Finding(check="all copies", level="error", text=text, value=1.0)


def _tier(usable: int, rules: Rules, held_out: int) -> Finding:
    held = _pictures(usable)
    if usable < rules.fewest:
        text = (
            f"Only {held} to train on{f' beside the {held_out} held out' if held_out else ''}, and {rules.fewest} are "
            f"the least for a face that holds. Add {rules.fewest - usable} more, better {rules.enough - usable}"
            f"{', or hold fewer out' if held_out else ''}."
        )
        return Finding(check="count", level="warning", text=text, value=float(usable))
    if usable < rules.enough:
        text = f"{held}: enough to recognise the character. {rules.enough} to 30 hold an identity best."
    elif usable < rules.flexible:
        text = f"{held}: the best range for an identity that holds."
    else:
        text = f"{held}: enough for a flexible LoRA."
    return Finding(check="count", level="note", text=text, value=float(usable))


def _pictures(count: int) -> str:
    return f"{count} picture" if count == 1 else f"{count} pictures"
