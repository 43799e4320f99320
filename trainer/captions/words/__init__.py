"""The words captions are judged by, as data: what is identity, what is an exception, what belongs to which slot."""


def words(text: str) -> frozenset[str]:
    """The words of a text, so that tables read as lists."""
    return frozenset(text.split())
