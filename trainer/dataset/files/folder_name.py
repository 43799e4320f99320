"""What a folder's name says of its pictures: the word that will mean the character."""

import re
import unicodedata

from ...errors import DatasetError

_COUNT = re.compile(r"^\d+[_\s-]+(?=\D)")
_PLACES = (
    "3d character characters crop crops cropped data dataset datasets face faces folder image images img imgs input "
    "new_folder output photo photos pic pics picture pictures png set test train training untitled untitled_folder "
    "upload uploads"
)
"""Names that say where pictures lie, not who is on them."""


def plain_word(name: str) -> str:
    """`10_My Cat Girl` as my_cat_girl; "" where nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", _COUNT.sub("", plain)).strip("_")


def trigger_of_name(name: str) -> str:
    """`my cat girl` is my_cat_girl: lower case, a-z, digits and underscores. DatasetError for a name without a word."""
    word = plain_word(name)
    if len(word) < 3 or not re.search("[a-z]", word) or word in _PLACES.split():
        raise DatasetError(
            f"The folder's name {name!r} gives no trigger; write one into trigger, like 'wrenna_character', or name "
            "the folder after the character."
        )
    return word
