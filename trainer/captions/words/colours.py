"""Colour words of hair, eyes and skin, as booru tags and as people write them."""

from . import words

COLOUR = (
    r"(?:aqua|black|blonde?|(?:dark_|light_)?blue|(?:dark_|light_)?brown|(?:dark_|light_)?green|gr[ae]y|orange|pink|"
    r"(?:dark_|light_)?purple|(?:dark_)?red|silver|white|yellow|gold(?:en)?|auburn|hazel|amber|platinum_blonde|"
    r"violet|"
    r"lavender|multicolou?red|rainbow|copper|ginger|strawberry_blonde|chestnut|raven|crimson|teal|beige|two-tone)"
)
"""A colour within a tag, written with underscores."""

FAMILIES: dict[str, frozenset[str]] = {
    "black": words("black raven jet jet-black ebony inky"),
    "brown": words("brown brunette chestnut chocolate chocolate-brown mahogany hazel brownish umber"),
    "red": words(
        "red auburn ginger copper coppery reddish reddish-brown crimson fiery scarlet ruby rosy russet orange "
        "red-brown burgundy"
    ),
    "blonde": words(
        "blonde blond golden gold platinum flaxen strawberry honey sandy dirty-blonde yellow golden-blonde "
        "honey-blonde ash-blonde amber"
    ),
    "grey": words("grey gray silver silvery salt-and-pepper ashen graying greying steel-gray"),
    "white": words("white snow-white ivory porcelain alabaster milky pale"),
    "blue": words("blue azure navy sapphire teal turquoise aqua cyan blue-green blue-gray blue-grey icy"),
    "green": words("green emerald jade olive greenish hazel-green"),
    "purple": words("purple violet lavender lilac magenta"),
    "pink": words("pink rose rose-gold pinkish fuchsia"),
    "many": words(
        "multicolored multicoloured rainbow two-toned two-tone ombre highlighted streaked mismatched "
        "heterochromatic gradient"
    ),
    "dark": words("dark brunet tan tanned deep-brown bronzed dusky swarthy ebony-toned"),
    "light": words("light fair light-colored light-coloured creamy"),
}
"""Words for one colour, so that two captioners' `auburn` and `red` count as the same hair."""

FAMILY_OF = {word: family for family, words in FAMILIES.items() for word in words}
