"""What rules a checkpoint out, in words: the gates with the numbers they have."""

from dataclasses import asdict

from ..gates import Gates

_WORDS = {
    "likeness": "not learned: less than {:.0%} of the way from the control to real pictures, or no nearer",
    "face_rate": "broken: faces in less than {:.0%} as many pictures as the control's",
    "broken": "broken: more than {:.0%} of its pictures show nothing, and more of them than of the control's",
    "following_drop": "over-trained: {:.0%} less of what prompts ask for than the control",
    "slot_drop": "over-trained: {:.0%} less of one thing that prompts ask for, such as outfits",
    "variety": "over-trained: pictures of one prompt differ less than {:.0%} as much as the control's",
    "bleed": "over-trained: more than {:.0%} of other people turn into the character",
    "rise": "a caution: loss on held-out pictures {:g}-fold its lowest, while that on its own falls; over-trained only "
    "beside a sign that pictures show",
    "copies": "over-trained: more than {:.0%} of its pictures repeat a training picture",
    "pose_drop": "a caution: {:.0%} fewer heads turned as asked than the control's",
    "pose_spread": "a caution: heads turn less than {:.0%} as far as the control's",
    "expression_drop": "a caution: {:.0%} fewer expressions as asked than the control's",
    "background": "a caution: {:.0%} more of a training background than in the control's pictures",
    "style": "a caution: more than {:.0%} of pictures asked for another style come in the training pictures' own",
    "leak": "a caution: without the trigger {:.0%} of the way from the control to real pictures",
}


def gate_lines(gates: Gates | None = None) -> list[str]:
    """One line a gate, in the order of the words; one without words by its name."""
    held = asdict(gates or Gates())
    known = [words.format(held[name]) for name, words in _WORDS.items() if name in held]
    return known + [f"{name.replace('_', ' ')}: {value:g}" for name, value in held.items() if name not in _WORDS]
