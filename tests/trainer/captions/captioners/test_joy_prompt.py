import pytest

from trainer.captions.captioners.joy_prompt import JoyPrompt
from trainer.errors import RecipeError


@pytest.mark.parametrize(
    ("prompt", "start"),
    [
        (JoyPrompt(extras=()), "Write a detailed description for this image."),
        (JoyPrompt(extras=(), length=60), "Write a detailed description for this image in 60 words or less."),
        (JoyPrompt(extras=(), length="very short"), "Write a very short detailed description for this image."),
        (JoyPrompt(extras=(), kind="tags"), "Write a list of Booru-like tags for this image."),
        (JoyPrompt(extras=(), own=" What is it? "), "What is it?"),
    ],
)
def test_the_request_is_one_the_model_was_trained_on(prompt: JoyPrompt, start: str):
    assert prompt.text == start


def test_options_follow_the_request_with_the_persons_name_first():
    text = JoyPrompt(person="sage {length}", extras=("lighting", "no_mood")).text
    assert text.endswith(
        "image. If there is a person/character in the image you must refer to them as sage {length}. "
        "Include information about lighting. Do not mention the mood/feeling/etc of the image."
    )


def test_by_default_what_cannot_change_is_left_out_and_light_and_camera_are_described():
    text = JoyPrompt().text
    assert "cannot be changed" in text and "about lighting" in text and "camera angle" in text


@pytest.mark.parametrize("kind", ["descriptive", "straightforward", "prompt", "tags"])
def test_every_kind_takes_every_form_of_length(kind: str):
    texts = [JoyPrompt(kind=kind, length=length, extras=()).text for length in ("any", 120, "long")]  # type: ignore[arg-type]
    assert "120 words" in texts[1] and " long " in texts[2] and len({*texts}) == 3
    assert not any("{" in text for text in texts)


def test_all_faults_are_named_at_once():
    with pytest.raises(RecipeError) as caught:
        JoyPrompt(kind="poem", length=5, extras=("loudly",))  # type: ignore[arg-type]
    assert all(word in str(caught.value) for word in ("'poem'", "5 words", "'loudly'"))
    with pytest.raises(RecipeError, match="no length 'huge'"):
        JoyPrompt(length="huge")  # type: ignore[arg-type]
