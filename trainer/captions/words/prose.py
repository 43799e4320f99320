"The words by which looks are found in sentences: heads of noun phrases, their adjectives, and what shows an action."

from . import words
from .identity import FAMILY_OF

HEADS: dict[str, str] = {
    **dict.fromkeys(words("hair hairstyle haircut locks tresses bangs curls hairline fringe"), "hair"),
    **dict.fromkeys(words("eyes eye eyebrows eyebrow brows eyelashes lashes irises"), "eyes"),
    **dict.fromkeys(words("skin complexion"), "skin"),
    **dict.fromkeys(words(
        "freckles freckle cheekbones cheekbone jaw jawline nose lips chin dimples dimple mole moles scar "
        "scars birthmark wrinkles face features forehead ears fangs cheeks cheek teeth mouth"
    ), "face"),
    **dict.fromkeys(words("beard mustache moustache goatee stubble"), "facial_hair"),
    **dict.fromkeys(words(
        "build physique figure body frame breasts bust abs muscles shoulders curves thighs hips waist legs "
        "arms chest fingers hands hand height stature neck torso stomach belly feet leg arm"
    ), "body"),
    **dict.fromkeys(words("horns tail wings halo antlers claws"), "species"),
    **dict.fromkeys(words(
        "ponytail ponytails braid braids bun buns pigtails twintails twin-tails pigtail updo topknot"
    ), "hair"),
    **dict.fromkeys(words(
        "afro dreadlocks dreads locs mohawk mullet cornrows ringlets undercut bob sideburns hairdo plait plaits "
        "cut crop fade scalp head"
    ), "hair"),
    **dict.fromkeys(words("mark marks markings eyelids pupils tan"), "face"),
    **dict.fromkeys(words("glasses eyeglasses spectacles eyepatch monocle"), "glasses"),
    **dict.fromkeys(words("tattoo tattoos"), "tattoos"),
    **dict.fromkeys(words("piercing piercings"), "piercings"),
    **dict.fromkeys(words("lipstick eyeshadow eyeliner mascara makeup make-up"), "makeup"),
}  # fmt: skip
"""Head noun -> row of the appearance table."""

SIGNATURE = words(
    "ponytail ponytails braid braids bun buns pigtails twintails updo topknot glasses eyeglasses spectacles "
    "eyepatch monocle tattoo tattoos piercing piercings beard mustache moustache goatee stubble"
)
OPTIONAL = words("lipstick eyeshadow eyeliner mascara makeup make-up")
ALONE = SIGNATURE | OPTIONAL | words(
    "freckles freckle cheekbones cheekbone dimples dimple mole moles scar scars birthmark wrinkles bangs "
    "afro dreadlocks dreads locs mohawk mullet cornrows ringlets undercut sideburns "
    "curls locks tresses jawline horns tail wings halo antlers fangs abs curves"
)  # fmt: skip
"""Heads that say something of the character even without an adjective."""
OFTEN_PLAIN = words(
    "figure frame body shoulders features face nose lips chin ears build hips waist legs arms chest bust fringe "
    "fingers hands hand height stature cheeks cheek forehead mark marks markings tan bob neck torso stomach belly "
    "feet leg arm teeth claws mouth head scalp cut crop fade"
)
"""Heads that mean looks only with an adjective known for it: a pale face, not a smiling or a distant one."""
BEASTS = words("cat fox wolf rabbit bunny dog horse dragon demon elf elven animal goat ram bat angel feathered fluffy")
SPECIES = BEASTS | words(
    "orc goblin vampire android cyborg robot mermaid fairy succubus werewolf undead alien ghost oni kitsune neko "
    "drow tiefling"
)
"""What a person is besides human, before the word for a person: `an elf woman`."""
FACE_PARTS = words("freckles freckle cheekbones cheekbone dimples dimple wrinkles jawline mole scar")

COMPOUND = words(
    "scarf wrap gear piece phones clip clips tie ties ribbon ribbons bow band bands ornament ornaments accessory "
    "accessories pin pins dryer brush contact shadow liner patch mask masks paint ring rings stud studs gloss balm "
    "tight salon oil shot view portrait length language level cream shop parlor care glasses pads pad "
    "length-sleeved camera suit suited armor coat feathers"
)
"""Words after a head that make it another thing: `hair ribbon`, `eye contact`, `skin-tight`."""
TAILS = words("color colour tone texture shape colors")
"""Words after a head that belong to it: `hair color`, `skin tone`."""

DRINKS = words("wine champagne cocktail drinking shot water martini empty whiskey beer magnifying two several")
"""What makes glasses a thing to drink from, or to look through closely."""

HAIRCUTS = words("buzz pixie bob crew bowl pageboy wolf hime mohawk military short")
"""What makes a cut one of hair."""
PIECES = words("strand strands lock wisp wisps tendril tendrils curtain")
"""A piece of hair that something happens to: it stays."""
STREAKS = words("highlights streaks tips roots lowlights gap")
"""Parts of hair of another colour, which go with it."""
AMOUNTS = words("dusting sprinkling sprinkle smattering scattering spray hint head mane shock pair set")
"""How much of a thing there is: it goes with the thing."""

STATES = words(
    "closed shut half-closed half-open open opened wet damp messy tousled disheveled dishevelled windblown "
    "wind-blown windswept wind-swept wide narrowed parted pursed floating squinting tearful teary tear-filled "
    "downcast averted bruised dirty sweaty glistening wrinkled-up blushing flushed sunburned bloodied "
    "blood-stained furrowed raised clenched tilted unkempt smiling laughing crying puckered lowered "
    "heavy-lidded rolled crossed bare exposed relaxed hunched slumped soaked soaking muddy upper lower entire "
    "whole left right both own turned blurry blurred mud-streaked happy sad angry serious calm thoughtful "
    "surprised stern focused expressive-looking upturned lit illuminated shadowed painted false glitter"
)
"""Adjectives of the moment: they stay, and so does what they describe."""
ACTIONS = words(
    "tied pulled pinned tucked swept gathered blowing blown wet damp soaked dripping tousled messy windswept "
    "wind-blown windblown covered covering closed shut open half-closed wide narrowed looking gazing staring fixed "
    "focused directed downcast averted parted pursed clenched glistening smeared flying whipping moving swaying "
    "caught brushed combed slicked pushed held down up back loose undone turned squinting sparkling shining "
    "gleaming lowered raised tilted hidden obscured wrapped bound braided visible-through furrowed painted adorned "
    "decorated blurred peeking tossed disheveled dishevelled squeezed locked meeting lit illuminated flushed "
    "blushing bare smiling rolled crossed relaxed spread stuck drenched knotted glowing wind breeze"
)
"""What may follow a noun phrase and shows that the sentence tells of an action or state."""
STATIC = words(
    "falls falling fall cascades cascading cascade frames framing reaches reaching flows flowing hangs "
    "hanging drapes draping draped styled cut parted-in worn arranged complements complementing curls curling "
    "tumbles tumbling spills spilling extends extending shaved cropped trimmed dyed"
)
"""Verbs that only describe a haircut."""

_LENGTHS = (
    "long short medium medium-length shoulder-length chin-length waist-length very-long neck-length "
    "short-cropped knee-length hip-length mid-length lengthy close-cropped"
)
_SHAPES = (
    "wavy curly straight sleek silky glossy shiny-haired thick thin fine full flowing loose-curled voluminous "
    "layered choppy frizzy spiky shaggy braided coiled kinky fluffy soft-looking bouncy lush textured "
    "feathered curled slicked-back bobbed bob pixie asymmetrical side-swept sideswept blunt feathery untamed "
    "wild coily well-groomed neatly-trimmed trimmed bushy scruffy almond-shaped round rounded oval "
    "heart-shaped square angular sharp high prominent defined well-defined chiseled chiselled strong soft "
    "delicate pointed pointy strong-jawed button aquiline slender slim narrow broad wide-set deep-set hooded "
    "upturned-shaped piercing striking expressive big large small tiny plump pouty arched sculpted "
    "symmetrical youthful rosy rugged smooth flawless clear porcelain-like weathered sun-kissed freckled "
    "freckly glowing radiant healthy olive-toned petite athletic muscular lean toned curvy voluptuous "
    "hourglass stocky fit well-built lanky skinny chubby heavyset tall wiry sturdy graceful feminine "
    "masculine androgynous facial dark-rimmed wire-rimmed thin-rimmed round-rimmed black-framed thick-framed "
    "horn-rimmed round-framed small-framed loose high low neat single double twin sharp-edged faint "
    "light-brown dark-brown dark-colored bright bright-blue deep vivid intense bold rich warm-toned "
    "cool-toned natural scarred bearded clean-shaven pierced tattooed mesmerizing captivating beautiful "
    "lovely pretty perfect unique distinct distinctive subtle vibrant luscious gorgeous lustrous "
    "natural-looking prominent facial beauty medium average shaved shaven hairless"
)
ADJECTIVES = frozenset(FAMILY_OF) | frozenset(f"{_LENGTHS} {_SHAPES}".split())
_LONG = words("long waist-length hip-length")
_SHORT = words("short short-cropped chin-length close-cropped")
LENGTH_OF = {**dict.fromkeys(_LONG, "long"), **dict.fromkeys(_SHORT, "short")}
ADVERBS = words(
    "very slightly slight naturally visibly quite subtly strikingly beautifully softly gently neatly lightly "
    "long-ish fairly rather extremely perfectly deeply richly vividly a-bit partially elegantly carefully "
    "almost nearly tightly messily loosely clearly strongly well softly-lit currently now"
)  # fmt: skip
DETERMINERS = words("a an the her his their its my some no")
HAVING = words("got has have having had possesses possessing features sports sporting boasts boasting wears wear wore")
WITHS = words("with featuring showing showcasing wearing wears displaying including highlighting revealing")
COPULAS = words("is are was were appears appear seems seem looks look be being remains")
CONTRACTED = words("she's he's she’s he’s they're they’re i'm i’m it's")
"""A pronoun with its `is`."""
HEDGES = words("likely possibly probably perhaps maybe apparently seemingly approximately about around roughly")
"""What hedges a guess at age or descent, and goes with it."""

PERSONS = words(
    "woman man girl boy person lady gentleman female male individual character model people women men girls "
    "boys figure adult guy teenager teen child warrior soldier princess elf protagonist subject heroine hero "
    "knight mage dancer actor actress"
)
_AGES = words(
    "young younger youthful-looking middle-aged elderly old older teenage adolescent adult mature aging ageing aged "
    "twenty-something"
)
_PEOPLES = words(
    "caucasian asian african hispanic latina latino latin european japanese korean chinese indian middle-eastern "
    "african-american black white scandinavian slavic nordic mediterranean east-asian south-asian southeast-asian "
    "arab arabic persian mixed-race biracial brown light-skinned dark-skinned thai vietnamese filipino british "
    "american french german italian spanish russian brazilian mexican turkish egyptian nigerian eastern ethiopian "
    "pakistani irish english swedish norwegian greek polish jamaican hawaiian polynesian indigenous"
)
_BUILDS = words(
    "slender slim petite curvy athletic muscular lean toned tall short skinny chubby plump stocky voluptuous "
    "heavyset burly freckled bearded tattooed pierced bespectacled clean-shaven red-headed redheaded redhead "
    "blonde blond brunette ginger bald busty well-built muscled lanky thin pale tan tanned fair freckle-faced "
    "elven mustachioed auburn overweight fat fit stout bulky brawny buff ripped leggy willowy lithe svelte pudgy "
    "portly buxom statuesque bony frail winged horned scarred wrinkled dimpled balding grey-haired"
)
PERSON_ROWS: dict[str, str] = {
    **dict.fromkeys(_BUILDS, "body"),
    **dict.fromkeys(_PEOPLES, "ethnicity"),
    **dict.fromkeys(_AGES, "age"),
    **dict.fromkeys(words("freckled freckle-faced"), "face"),
    **dict.fromkeys(words("pale tan tanned fair light-skinned dark-skinned"), "skin"),
    **dict.fromkeys(words("bearded clean-shaven mustachioed"), "facial_hair"),
    **dict.fromkeys(words("red-headed redheaded redhead blonde blond brunette ginger bald auburn"), "hair"),
    "winged": "species", "horned": "species", "scarred": "face", "wrinkled": "face", "dimpled": "face",
    "balding": "hair",
    "tattooed": "tattoos", "pierced": "piercings", "bespectacled": "glasses", "elven": "species",
}  # fmt: skip
"""Adjectives that describe looks when they stand before a word for a person, or after `is`."""
PERSON_NOUNS = {"redhead": "red", "blonde": "blonde", "brunette": "brown", "blond": "blonde"}
"""Adjectives that are also a word for a person."""
ENDINGS: dict[str, str] = {
    "haired": "hair", "headed": "hair", "eyed": "eyes", "skinned": "skin", "complexioned": "skin", "faced": "face",
    "lipped": "face", "cheeked": "face", "jawed": "face", "bearded": "facial_hair", "bodied": "body", "chested": "body",
    "breasted": "body", "framed-eyed": "eyes", "horned": "species", "tailed": "species", "winged": "species",
    "eared": "species", "toothed": "face", "something": "age", "nosed": "face", "bellied": "body", "necked": "body",
    "year-old": "age", "years-old": "age", "browed": "eyes", "figured": "body", "shouldered": "body",
}  # fmt: skip
"""Ends of compound adjectives: `auburn-haired`, `red-lipped`, `25-year-old`."""
STATE_COMPOUNDS = words(
    "wide-eyed teary-eyed bleary-eyed starry-eyed glassy-eyed misty-eyed wet-haired wild-haired "
    "straight-faced red-faced poker-faced stone-faced level-headed two-faced hooded-eyed off-shouldered "
    "open-faced messy-haired dog-eared bare-headed bareheaded bare-chested bare-shouldered"
)

PREPOSITIONS = words(
    "in on at of from by for to into onto over under across behind beside against through near around down "
    "past along above below between within without toward towards among during upon inside outside beneath "
    "off like as"
)
PRONOUNS = words("she he they it who which that this there whose")
CLAUSE_WORDS = words("who which that whose while as but because where when although though")
FINITE = words(
    "is are was were has have had wears stands sits looks smiles holds walks runs leans gazes stares poses "
    "appears seems faces laughs frowns rests lies kneels turns sits raises tilts carries reaches plays reads "
    "rides dances grins hugs shows depicts features captures wore stood sat looked held does can works drinks "
    "eats points waves peers kneels crosses"
)
BODY_PARTS = words(
    "face nose cheeks cheek shoulders shoulder back chin forehead eyes skin neck chest waist brow temple "
    "temples eye lip mouth arm arms forearm hand hands leg thigh ankle wrist jaw ear ears hips collarbone "
    "head side bridge sides throat body lips crown nape"
)
APPEARANCE_WORDS = frozenset(HEADS) | frozenset(PERSON_NOUNS) | _AGES | _PEOPLES | frozenset(
    _BUILDS) | words(
    "descent ethnicity heritage ancestry origin aged 20s 30s 40s 50s 60s teens twenties thirties forties "
    "fifties sixties years 18 race"
)  # fmt: skip
"""A sentence without any of these, and without a compound adjective, says nothing of looks."""
