"""Which links may go into which inputs."""

from comfy_execution.validation import validate_node_input

_LIST, _TEXT = "COMBO", "STRING"


def accepts(received: str, declared: str) -> bool:
    """As the host has it, and a text into a list to choose from: what it names is looked up before the node runs."""
    return validate_node_input(received, declared) or (declared == _LIST and received == _TEXT)
