"""Whether an English sentence still reads after words were taken out of it.

Written apart from the pruner and with word lists of its own: a judge that shares the pruner's words shares its blind
spots. It knows what is broken, not what is fine: a sentence that breaks none of its rules passes.
"""

import re

_TOKEN = re.compile(r"[^\W_]+(?:['’\-/][^\W_]+)*|[^\w\s]")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ARTICLES = _set("a an the")
_OWNED = _set("a an the my your its their our")
_TIED = _set("with of from for into at against among toward towards between without beneath onto upon beside")
_PLACES = _set("in on by to under over across behind through near around above below inside outside along")
_JOINING = _set("and or but while who which whose because although")
_BE = _set("is are was were be being appears seems remains")
_HAVE = _set("has have had wears wearing features sports boasts possesses")
_VERBS = _set(
    "is are was were has have had wears sits stands reads walks holds looks smiles leans rides runs plays lies "
    "kneels jumps waits pours dances checks opens feeds raises peers rests waves stares picks sings crouches lifts "
    "swims strolls kneads talks frowns gazes blows runs brushes falls hangs covers hides melts types stretches "
    "hugs laughs serves carries shakes watches mends strokes leads points drinks steps trails matches fills checks "
    "tastes ties directs trims writes stirs bows balances hammers floats shivers squints feels drops pushes throws "
    "smokes lectures signs bites shuffles prays contrasts stands rises glows swings eats adjusts takes rubs meets "
    "convey convey crosses repairs kisses faces hits poses hovers draws pours sleeps shows depicts does can seems "
    "appears climbs sprints slices paints listens works travels dries paddles sews bakes juggles skates"
)
_NAMED = _set("woman man girl boy person")
_PRONOUNS = _set("she he")
_ADJECTIVES = _set(
    "long short wavy curly straight brown black blonde blond red auburn grey gray silver white blue green hazel dark "
    "pale fair tan tanned olive young old elderly tall slim slender petite muscular thick thin full round oval "
    "freckled bald curvy athletic cropped braided tied trimmed pretty bright smooth deep strong delicate"
)
_SAFE_PAIRS = frozenset({
    ("from", "behind"), ("from", "under"), ("from", "above"), ("from", "below"), ("out", "of"), ("from", "across"),
    ("from", "inside"), ("of", "in"), ("into", "with"), ("between", "in"),
})  # fmt: skip


def faults(before: str, after: str) -> list[str]:
    """What is broken in `after`, which was made from `before` by taking words out; empty where it reads."""
    if not after.strip():
        return []
    words = [word.lower() for word in _TOKEN.findall(after)]
    found = [fault for check in (_shape, _pairs, _lonely_adjective) for fault in check(words)]
    return found + _against_source(before, after, words)


def _shape(words: list[str]) -> list[str]:
    found: list[str] = []
    if words[0] in {",", ";", ".", "and", "or"}:
        found.append(f"begins with {words[0]}")
    stripped = [word for word in words if word not in {".", "!", "?"}]
    if not stripped:
        return ["nothing but marks"]
    if stripped[-1] in {",", ";"} | _JOINING | _OWNED | _TIED | _BE - {"seems"} | {"has", "wears", "very", "his"}:
        found.append(f"ends with {stripped[-1]}")
    return found


def _pairs(words: list[str]) -> list[str]:
    found: list[str] = []
    for one, two in zip(words, words[1:], strict=False):
        if _clash(one, two):
            found.append(f"'{one} {two}'")
    return found


def _clash(one: str, two: str) -> bool:
    stop = two in {",", ".", ";", "!", "?"}
    verb = two in _VERBS or two in _BE
    if one == two and one not in {"that", "had", "very"}:
        return True
    if one in {",", ";"}:
        return stop
    if one in _OWNED or one == "his":
        closed = stop or two in _TIED or two in _JOINING or two in {"in", "on", "by", "is", "are", "has", "wears"}
        return one != "his" and closed or two in _ARTICLES or one in {"a", "an"} and (verb or _article_off(one, two))
    if one == "to" and verb and two in _BE - {"be", "being"} | {"has"}:
        return True
    if one in _TIED:
        wrong = stop or verb or two in _JOINING - {"which", "who", "whose"} or two in _TIED | _PLACES
        return wrong and (one, two) not in _SAFE_PAIRS
    if one in _JOINING:
        return stop and one not in {"but"} or two in _JOINING - {"while", "who", "which", "whose", "because"}
    if one in _BE:
        return stop or two in _BE - {"being"} or two in {"and", "or", "has", "wears", "while", "sits", "stands"}
    if one in _HAVE - {"had", "have"}:
        return stop or two in {"and", "or", "with", "is", "while", "in", "at", "of", "has", "wears", "looks"}
    if one in _PRONOUNS:
        return two in _ARTICLES | _TIED | _JOINING or two in {".", ";"} | _PLACES
    return one in {"very", "slightly"} and stop


def _article_off(article: str, word: str) -> bool:
    vowel = word[0] in "aeio" and not word.startswith(("one", "eu")) or word[0] == "u" and word[1:2] in "nmplrs"
    vowel = vowel and not word.startswith(("uni", "uku")) or word.startswith(("hour", "honest"))
    return word[0].isalpha() and vowel != (article == "an")


def _lonely_adjective(words: list[str]) -> list[str]:
    """`with long, sits`, `a young sits`: an adjective whose noun is gone."""
    found: list[str] = []
    for place, word in enumerate(words):
        if word not in _ADJECTIVES:
            continue
        after = [other for other in words[place + 1 : place + 3] if other != ","][:1]
        start = place
        while start and (words[start - 1] in _ADJECTIVES or words[start - 1] in {",", "and"}):
            start -= 1
        led = start and words[start - 1] in _ARTICLES
        if led and words[place + 1 : place + 2] == [","] and _NAMED & set(words[place + 2 : place + 3]):
            found.append(f"'{word},' before its noun")
        leads = led or start and words[start - 1] in {"with", "her", "his"}
        if leads and (not after or after[0] in _VERBS | _BE | {"."} or after[0] in _TIED):
            found.append(f"'{word}' has no noun")
    return found


def _against_source(before: str, after: str, words: list[str]) -> list[str]:
    """What can be told only beside the source: a verb or a subject that was there, capitals, the closing mark."""
    found: list[str] = []
    source = [word.lower() for word in _TOKEN.findall(before)]
    had_verb = any(word in _VERBS - {"depicts", "shows", "features"} for word in source)
    has_verb = any(word in _VERBS or word.endswith(("ing", "'s", "’s")) for word in words)
    if had_verb and not has_verb:
        found.append("its verb is gone")
    if words[0] in _VERBS and source[0] != words[0] and words[0] not in {"faces", "works", "looks"}:
        found.append("its subject is gone")
    if before.strip()[:1].isupper() and after.strip()[:1].islower():
        found.append("begins small")
    if before.rstrip()[-1:] in ".!?" and after.rstrip()[-1:] != before.rstrip()[-1:]:
        found.append("its closing mark is gone")
    if re.search(r"\s[,.;]|,\S|\(\s*\)", after):
        found.append("its marks stand wrong")
    return found + _joined_verbs(words, source)


def _joined_verbs(words: list[str], source: list[str]) -> list[str]:
    """`A woman and sits`, `has wears`: a verb that joins nothing, or two that meet."""
    found: list[str] = []
    pairs = set(zip(source, source[1:], strict=False))
    for place, word in enumerate(words[:-1]):
        follows = words[place + 1]
        earlier = [other for other in words[:place] if other in _VERBS]
        joined = {"and", "or", "while", "who", "which"} & set(words[place:]) or (word, follows) in pairs
        if word == "," and follows in _VERBS & set(source) and earlier and not joined:
            found.append(f"', {follows}' joins nothing")
        if word == "and" and follows in _VERBS - {"poses", "faces"} and not earlier and source != words:
            found.append(f"'and {follows}' joins nothing")
    return found
