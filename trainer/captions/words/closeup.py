"""What a close-up of a face no longer shows, as tags and as parts of a sentence."""

from . import words

FRAMING = r"(full|upper|half)[-_]body.*|lower[-_]body|feet_out_of_frame|.*_shot|wide"
BODY = (
    r"(standing|sitting|kneeling|lying|walking|running|jumping|squatting|crouching|dancing|climbing|swimming|"
    r"posing)(_.*)?|contrapposto|seiza|wariza",
    r"(legs?|knees?|feet|foot)(_.*)?|(crossed|spread|bent|outstretched|open)_(arms?|legs?|ankles?|knees?)|(arms|"
    r"hands?)_(?!.*(face|cheek|chin|head|hair|mouth|lips|neck|forehead|ear|glasses)).*",
    r"own_hands_.*|on_(back|side|stomach|one_knee|all_fours|one_leg)|all_fours|bent_over|indian_style|(standing|"
    r"sitting)_on_.*|leaning(_(back|against_.*|on_.*))?|arms?_.*",
    r"holding_(?!.*(face|cheek|hair|glasses|phone_to)).*|with_(her|his|their)_(hands?|arms?|legs?).*|(.*_)?stance|"
    r"high_kick|kicking|straddling|toes|thighs|navel|stomach|midriff|barefoot|soles|ass",
)
FAR_CLOTHING = (
    r"(.*_)?(shoes?|boots?|sneakers?|sandals?|heels|loafers?|slippers?|footwear|flip-flops|pumps|geta|barefoot|"
    r"anklets?|leg_warmers)",
    r"(.*_)?(pants|jeans|trousers|shorts|leggings|slacks|sweatpants|tights|pantyhose|stockings|thighhighs|"
    r"kneehighs|socks?|legwear|skirt|miniskirt|belt|garter_straps|thigh_strap|zettai_ryouiki|bare_(legs|feet)|"
    r"gloves|bracelet|watch)",
)
FAR_SETTING = (
    r"(.*_)?(bed|couch|sofa|chair|armchair|stool|bench|table|desk|floor|carpet|rug|stairs|staircase|street|road|"
    r"sidewalk|car|grass|field|bookshelf|throne|pillow|fence|railing|bridge|building|cityscape|mountains?|ocean|"
    r"beach|river|lake)s?",
)

VERBS = words(
    "standing sitting kneeling lying walking running jumping squatting crouching posing leaning seated stands "
    "sits kneels lies walks runs leans poses"
)
FAR = words(
    "boots shoes sneakers heels sandals footwear socks stockings tights pants jeans trousers leggings skirt "
    "shorts belt legs leg feet knees thighs hips hip waist floor bed couch sofa chair bench table desk street "
    "sidewalk rug carpet stairs pockets full-body barefoot"
)
