"""What makes a character look like itself, by class: a regular expression per line, for whole tags; and colours."""

from dataclasses import dataclass
from typing import Literal

from . import words

Kind = Literal["identity", "signature", "optional"]


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

FAMILY_OF = {word: family for family, colours in FAMILIES.items() for word in colours}


@dataclass(frozen=True)
class AppearanceClass:
    """`row` is the line of the appearance table it belongs to.

    `identity` goes with the character's looks, `signature` is worn or styled and may change (dropped only when nearly
    every picture has it), `optional` is kept unless its row says omit.
    """

    row: str
    kind: Kind
    patterns: tuple[str, ...]


_BEASTS = (
    "animal|cat|dog|fox|wolf|rabbit|bunny|bear|horse|dragon|demon|mouse|squirrel|tiger|lion|cow|goat|sheep|deer|raccoon|"
    "bat|snake|fish|shark|lizard|bird|pig|monkey|leopard|elf|robot|insect|bee|spider|mermaid|oni|angel|fairy|monster|"
    "devil|butterfly|plant|slime"
)

CLASSES = (
    AppearanceClass("facial_hair", "signature", (
        r"(.*_)?(beard|mustache|moustache|goatee|stubble|facial_hair)|bearded|sideburns|5_o'clock_shadow",)),
    AppearanceClass("hair", "identity", (
        rf"{COLOUR}_hair(ed)?|{COLOUR}-hair(ed)?",
        r"(dark|light|two-tone|gradient|streaked|split-colou?r|multicolou?red|salt-and-pepper|ombre)_(blue_|"
        r"brown_)?hair(ed)?",
        r"colou?red_(inner_hair|tips)|(hair_)?highlights|dyed_hair|dark_roots",
        r"blonde|blond|brunette|redhead(ed)?|ginger",
        r"(very_short|short|medium|long|very_long|absurdly_long|shoulder-length|chin-length|"
        r"waist-length)[_-]hair(ed)?",
        r"short_hair_with_long_locks|big_hair|bald|bald_(girl|man|woman|spot)|buzz_?cut|shaved_head|"
        r"receding_hairline",
        r"(curly|wavy|straight|spik(y|ed)|frizzy|fluffy|coily|drill|shaggy|thick|thin|feather|tentacle|flipped)_hair",
        r"afro|dreadlocks|cornrows|(twin_)?drills|ringlets",
        r"(bob|hime|pixie|bowl|wolf|crew)_?cut|inverted_bob|bob_hair|mohawk|mullet|undercut|(.*_)?pompadour|quiff",
        r"(.*_)?bangs|(.*_)?sidelocks|(.*_)?ahoge|antenna_hair|hair_intakes|widow's_peak|cowlick|hairline|jewfro",
        r"hair_(between_eyes|over_one_eye|over_eyes|flaps|over_shoulder|behind_ear|slicked|bulb|horns|ears|wings)",)),
    AppearanceClass("hair", "signature", (
        r"(.*_)?(ponytail|twintails|braids?|updo|one_side_up|two_side_up|pigtails|topknot|half_updo|french_braid)",
        r"((hair|double|single|side|low|high|braided|messy|cone_hair|triple|half_up)_)?buns?|(.*_)hair_buns?|"
        r"braided_(hair|bangs)",)),
    AppearanceClass("eyes", "identity", (
        rf"{COLOUR}_(eyes?|pupils|sclera|eyelashes|eyebrows)|{COLOUR}-eyed",
        r"heterochromia|(two-tone|multicolou?red|mismatched|glowing|dark|light|almond-shaped|big|small|round|"
        r"solid)_eyes?",
        r"(slit|bright|constricted|horizontal|no|diamond-shaped)_pupils|(heart|star|symbol|cross|"
        r"flower)-shaped_(pupils|eyes)",
        r"tsurime|tareme|jitome|sanpaku|ringed_eyes|extra_eyes|third_eye|cyclops|one-eyed|artificial_eye|"
        r"mechanical_eye",
        r"((long|thick|colou?red)_)?eyelashes|(thick|thin|short|bushy|forked|huge|no|arched|fluffy)_eyebrows|"
        r"eyebrow_cut|unibrow",
        r"monolid|hooded_eyes|upturned_eyes|downturned_eyes|mole_(under|above)_.*eyes?|epicanthic_fold|"
        r"deep-set_eyes",)),
    AppearanceClass("face", "identity", (
        r"freckle(s|d)|(.*_)freckles|dimples?|((high|defined|prominent|sharp)_)?cheekbones?",
        r"(strong|square|pointed|cleft|double|sharp|defined)_(jaw|jawline|chin)|jawline",
        rf"lips|({COLOUR}|thick|full|thin|big|plump)_lips|nose|(big|pointy|aquiline|button|straight|roman|hooked|"
        rf"long)_nose",
        r"(big|small|large|long)_(forehead|ears)|facial_features",
        r"moles?(_(under|on|above)_.*)?|beauty_mark|birthmark|(.*_)?scars?(_.*)?|wrinkles?(d_(face|skin))?|"
        r"stitched_face",
        r"(.*_)?fangs?|skin_fangs?|gap_teeth|buck_teeth|sharp_teeth|pointy_ears|long_ears|facial_(mark|markings)|"
        r"forehead",
        r"(round|oval|square|heart-shaped|long|thin|chubby|angular|chiseled)_face|forehead_(mark|jewel)|"
        r"whisker_markings",)),
    AppearanceClass("skin", "identity", (
        r"(very_)?dark_skin",
        rf"(dark|tan|tanned|pale|fair|olive|light|brown|{COLOUR}|colou?red)[-_]skin(ned)?(_(male|female|woman|man|"
        rf"girl|boy))?",
        r"tan|albino|vitiligo|olive_complexion|(pale|fair|dark)_complexion|(fair|dark|light)_skinned",)),
    AppearanceClass("body", "identity", (
        r"(flat|small|medium|large|huge|gigantic)_(chest|breasts)|breasts|(large|big|huge)_(pectorals|ass)|busty",
        r"petite|slim|skinny|curvy|plump|chubby|slender|stocky|voluptuous|thick|athletic(_build)?|lean",
        r"fat(_(man|woman|boy|girl|female|male|rolls))?|obese|overweight|bbw|shortstack|gigantism|minigirl",
        r"muscular(_.*)?|toned(_.*)?|(.*_)?abs|pectorals|bodybuilder|biceps|wide_hips|narrow_waist|slim_waist|"
        r"hourglass_figure",
        r"(thick|large|huge|plump)_thighs|thigh_gap|broad_shoulders|tall(_(female|male|woman|man|girl|boy))?|"
        r"long_(legs|neck)",
        r"collarbone|collarbones|(chest|body|arm|leg|armpit|navel)_hair|hairy|(slim|slender|curvy|athletic|large|"
        r"muscular)_(body|build|figure|physique)",
        r"height_difference|(bara)|amputee|missing_(limb|arm|leg|eye)",)),
    AppearanceClass("age", "identity", (
        r"mature_(fe)?male|old(er)?(_(man|woman|lady|person|female|male))?|elderly(_.*)?|aged_(up|down)|child|"
        r"teenage.*|teen",
        r"young(_(adult|man|woman|girl|boy|lady|person|male|female))?|middle[-_]aged(_.*)?|toddler|baby|"
        r"\d+[-_]years?[-_]old|milf",
        r"\d+s|(early|mid|late)_\d+s|in_(her|his|their)_.*(teens|twenties|thirties|forties|fifties|sixties|\d0s)",)),
    AppearanceClass("ethnicity", "identity", (
        r"caucasian|asian|east_asian|south_asian|african(_american)?|hispanic|latin[ao]|middle[-_]eastern|"
        r"european|slavic|nordic",
        r"(asian|caucasian|african|black|white|japanese|korean|chinese|indian|latina)_(woman|man|girl|boy|person|"
        r"female|male)",)),
    AppearanceClass("species", "identity", (
        rf"(.*_)?({_BEASTS})_(ears?|tails?|girl|boy|horns?|wings?|man|woman|legs|fins?)|animal_ear_fluff|"
        rf"extra_(ears|arms)",
        r"(.*_)?horns?|(.*_)?wings|tail|tails|(multiple|large|two|nine|long)_tails?|(.*_)?halo|(.*_)?antlers|"
        r"head_fins|gills|hooves",
        r"elf|dark_elf|half-elf|kemonomimi_mode|antennae|scales|claws|prosthe.*|mechanical_(arms?|eyes?|parts|"
        r"legs?|hands?)(_.*)?",
        r"furry(_(fe)?male)?|(.*_)fur|mermaid|merman|centaur|harpy|lamia|monster_girl|miqo'te|au_ra|orc|goblin|"
        r"robot_joints",
        r"cyborg|android|(robot|cybernetic|bionic|robotic)_(arms?|legs?|eyes?|hands?)|arthropod_(limbs|girl)|taur|"
        r"feathered_wings|joints|third_arm",)),
    AppearanceClass("glasses", "signature", (
        r"(?!sun|holding_|3d_|no_|.*wine_|.*drinking_|.*shot_)(.*_)?(glasses|spectacles|eyeglasses|pince-nez|"
        r"monocle)",
        r"(.*_)?eyepatch|(.*-tinted|over-rim|under-rim|rimless|semi-rimless|black-framed|red-framed|round|"
        r".*-framed)_eyewear",)),
    AppearanceClass("tattoos", "signature", (
        r"(.*_)?tattoos?|tattoo_on_.*|tattooed|(full-body|facial|arm|chest|leg|neck|back|shoulder)_tattoo|"
        r"pubic_tattoo|irezumi",)),
    AppearanceClass("piercings", "signature", (
        r"(.*_)?piercings?|pierced|(nose|lip|septum|eyebrow)_(rings?|studs?)|gauged_ears",)),
    AppearanceClass("makeup", "optional", (
        r"((heavy|light|subtle|natural|dark|eye|goth|clown|.*)_)?make-?up|(.*_)?(lipstick|eyeshadow|eye_shadow|"
        r"eyeliner|mascara|lip_gloss)",
        r"(?!finger|toe|short_|long_finger)(.*_)?nails|(.*_)?nail_polish|false_eyelashes|rouge|foundation",)),
)  # fmt: skip

ROWS = tuple(dict.fromkeys(group.row for group in CLASSES))
"""The lines of the appearance table, in the order they are shown."""

KEEP = (
    r"(closed|half-closed|narrowed|rolling|empty|covered|wide|crossed|squinting|teary)_eyes?",
    r"(one|both)_eyes?_(closed|covered)",
    r"wide-eyed",
    r"(?!hair_).*_over_(one_)?eyes?",  # a thing over the eyes; hair over them is a haircut
    r"bags_under_eyes",
    r"(wet|messy|floating|alternate|windblown|wind-blown|tousled|damp|disheveled)_hair(style|_length|_colou?r)?",
    r"hair_(down|up|tucking|pull|grab|spread_out|slicked_back|pulled_back|blowing|tied_up|tied_back)",
    r"(adjusting|brushing|holding|tying|playing_with|touching|washing|cutting|combing|drying)_.*hair",
    r"hands?_in_.*hair",
    r"alternate_(costume|eye_colou?r|hair_?.*)",
    r"pubic_hair",
    r"(?!multicolou?red_|two-tone_).*hair_?(ornament|ribbon|bow|flower|tie|clip|pin|band|bobble|stick|bell)s?",
    r"(.*_)?hairband|(.*_)?hairclips?|(.*_)?hairpins?",
    r"(.*_)?scrunchie",
    r"fake_(animal_ears|tail|horns|facial_hair|wings|mustache|beard|antlers)",
    r".*_ears_headphones|ears_through_headwear",
    r"blush.*",
    r"sweat(?!er|shirt|pants|band|suit).*",
    r"tears?(_.*)?|tearing_up|teardrop",
    r"(wet|shiny|oiled|glistening|sunburned)_skin|sunburn",
    r"tan_?lines?|(bikini|swimsuit|one-piece)_tan",
    r"face_?paint(ing)?|(war|body)_?paint",
    r"bruise.*|blood(?!hound).*|dirty.*|bandaid.*|dirt(_.*)?|mud(_.*)?",
    r".*_(grab|pull|wagging|lift)",
    r"(wig|(.*_)wig)",
    r"(tail|horn|ear|wing)_(ornament|ribbon|bow|bell|ring|tag|covers?)s?",
    r"drinking_horn|french_horn|horn_\(instrument\)|steamed_bun|meat_bun|sweet_bun|burger_bun|scale_armor|"
    r"weighing_scales",
    r".*_\((animal|object|creature|food|clothes|flower|company|symbol|instrument)\)",
    r"hair_(dryer|brush|salon)|eye_(contact|mask)|glasses_(case|removed)|holding_(glasses|eyewear|sunglasses)",
    r"nose_bubble|nosebleed|nose_blush|licking_lips|finger_to_(mouth|lips)|hand_to_.*|head_wreath",
)
"""Tags that end in eyes, hair or skin and yet pass: a state, an action or a thing worn. Tested before the classes."""
