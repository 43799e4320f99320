import pytest

from trainer.captions.rules.apply import apply_rules
from trainer.captions.rules.caption_rules import CaptionRules
from trainer.captions.rules.naming import named

from ..sets import dataset, picture


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a photo of zxq woman in a red coat", "a photo of a woman in a red coat"),
        ("Zxq woman stands in the snow.", "The woman stands in the snow."),
        ("zxq young woman stands in the snow", "The young woman stands in the snow"),
        ("A photo of zxq in a park.", "A photo of the woman in a park."),
        ("Zxq is standing in the rain.", "The woman is standing in the rain."),
        ("She smiles. zxq's coat is red.", "She smiles. The woman's coat is red."),
        ("a zxq in a red coat", "a woman in a red coat"),
        ("A woman named zxq reads a book.", "A woman reads a book."),
        ("The woman (zxq) reads a book.", "The woman reads a book."),
        ("The zxq woman dances.", "The woman dances."),
        ("a drawing of zxq_woman in snow", "a drawing of a woman in snow"),
        ("Nobody is here.", "Nobody is here."),
    ],
)
def test_the_trigger_is_replaced_with_what_stands_beside_it(before: str, after: str):
    assert named(before, "zxq", "woman") == after


@pytest.mark.parametrize(
    ("raw", "caption"),
    [
        (
            "a photo of zxq woman in a red coat standing in the snow",
            "zxq, woman, A woman in a red coat standing in the snow",
        ),
        ("Zxq, who has green eyes, is smiling.", "zxq, woman, The woman is smiling."),
        ("zxq, a woman with red hair, sits on a bench.", "zxq, woman, a woman sits on a bench."),
        ("A woman taking a photo of a waterfall.", "zxq, woman, A woman taking a photo of a waterfall."),
        ("A girl holding a picture of her dog.", "zxq, woman, A girl holding a picture of her dog."),
        ("She takes a close-up shot of a bee.", "zxq, woman, She takes a close-up shot of a bee."),
        ("A charming candid photo of a woman by the sea.", "zxq, woman, A woman by the sea."),
        ("In this image, a woman is holding a yellow balloon.", "zxq, woman, A woman is holding a yellow balloon."),
        ("A high-angle shot of a woman in a bathtub.", "zxq, woman, A high-angle shot of a woman in a bathtub."),
    ],
)
def test_an_action_is_no_opening_and_an_opening_is_none(raw: str, caption: str):
    ruled = apply_rules(dataset(picture("a", raw), trigger="zxq"), CaptionRules())
    assert ruled.dataset.samples[0].caption == caption
