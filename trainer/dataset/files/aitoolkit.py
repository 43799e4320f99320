"""What ai-toolkit does to captions: `[trigger]` and `[name]` stand for the trigger word."""

_PLACEHOLDERS = ("[trigger]", "[name]")


def with_trigger(caption: str, trigger: str) -> str:
    """The caption as it is trained on. Source: ai-toolkit, toolkit/prompt_utils.py, inject_trigger_into_prompt."""
    for placeholder in _PLACEHOLDERS:
        caption = caption.replace(placeholder, trigger)
    return caption
