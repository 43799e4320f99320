"""Words for who may be on a picture: people by sex, by what they do, children, kin, animals, and what only looks so."""

from . import words

FEMALE = words(
    "woman girl lady female she her hers herself 1girl women girls ladies females bride actress princess queen "
    "witch waitress heroine goddess ballerina stewardess hostess duchess empress priestess sorceress enchantress "
    "nun maid geisha schoolgirl cowgirl housewife businesswoman mother mom mum grandmother grandma sister daughter "
    "aunt wife girlfriend mermaid brunette policewoman"
)
MALE = words(
    "man boy gentleman male guy dude lad he his him himself 1boy men boys gentlemen guys groom king prince monk "
    "priest wizard waiter hero emperor duke cowboy schoolboy father dad grandfather grandpa brother son uncle "
    "husband boyfriend sailor fisherman policeman fireman businessman salesman craftsman"
)
CHILDREN = words("child baby toddler infant kid newborn boy schoolboy")
MANY = words(
    "people men women children kids boys girls ladies gentlemen babies toddlers friends twins guests soldiers "
    "dancers students couple group crowd family players workers tourists passengers musicians others persons "
    "adults teenagers"
)
KIN = words(
    "mother father mom dad mum sister brother daughter son aunt uncle wife husband girlfriend boyfriend friend "
    "partner companion grandmother grandfather grandma grandpa colleague neighbor neighbour teacher boss twin "
    "opponent rival classmate teammate cousin niece nephew child baby lover"
)
TRADES = words(
    "nurse doctor surgeon chef cook baker barista bartender waiter waitress firefighter officer policeman guard "
    "soldier pilot captain sailor astronaut scientist researcher engineer mechanic carpenter builder worker farmer "
    "gardener florist fisherman hunter shepherd blacksmith teacher professor student pupil librarian writer author "
    "poet painter artist sculptor photographer model dancer ballerina singer musician drummer guitarist pianist "
    "violinist cellist conductor actor actress athlete runner swimmer boxer gymnast skater surfer cyclist player "
    "climber hiker tourist traveler traveller lawyer judge secretary manager executive clerk cashier seller vendor "
    "shopkeeper tailor hairdresser maid butler nun monk priest priestess witch wizard sorceress sorcerer mage "
    "knight warrior archer assassin ninja samurai pirate princess prince queen king empress emperor goddess god "
    "angel elf fairy vampire demon mermaid android cyborg robot bride groom mother father grandmother grandfather "
    "sister brother daughter son aunt uncle wife husband friend cheerleader lifeguard receptionist stewardess "
    "hostess host customer passenger commuter pedestrian driver rider jockey cowboy cowgirl detective spy thief "
    "queen duchess geisha idol influencer streamer gamer hacker programmer designer architect therapist dentist "
    "veterinarian pharmacist biologist chemist physicist journalist reporter presenter speaker anchor goalkeeper "
    "lumberjack politician president minister businesswoman businessman policewoman craftswoman craftsman "
    "schoolgirl schoolboy ranger paladin cleric bard healer rogue adventurer explorer fencer wrestler trainer "
    "coach referee juggler clown acrobat magician gentleman girlfriend boyfriend bridesmaid potter weaver "
    "beekeeper miner welder plumber electrician janitor cleaner courier barber stylist collector twin stranger "
    "guest visitor spectator"
)
ANIMALS = words(
    "cat kitten dog puppy horse pony foal cow calf bull goat sheep lamb pig piglet rabbit bunny hare fox wolf bear "
    "lion tiger leopard panther lynx deer stag doe moose elk bird owl eagle hawk falcon raven crow parrot pigeon "
    "dove swan duck goose hen chicken rooster peacock fish shark whale dolphin seal snake lizard turtle tortoise "
    "frog toad spider bee butterfly dragonfly mouse rat hamster squirrel hedgehog raccoon monkey ape gorilla "
    "elephant giraffe zebra camel donkey mule kangaroo koala panda dragon unicorn griffin phoenix monster beast "
    "creature animal pet cub ferret otter beaver bat insect dinosaur crab octopus jellyfish penguin ostrich "
    "flamingo alpaca llama goldfish husky poodle corgi terrier retriever pegasus wyvern hound stallion mare cats "
    "dogs horses birds wolves deers foxes animals"
)
FIGURES = words(
    "wig wigs doll dolls statue statues mannequin mannequins sculpture puppet toy figurine bust scarecrow teddy "
    "snowman mask portrait portraits painting paintings poster posters mural photo photograph picture drawing "
    "sketch gargoyle idol icon sticker cartoon hologram"
)
"""What has a face or a body and yet nobody's looks; of those that show somebody, what follows `of` is shown only."""
PICTURES = words(
    "portrait painting poster mural photo photograph picture drawing sketch image print statue sculpture bust doll "
    "figurine icon sticker billboard magazine"
)
CLOTHES = words(
    "coat dress gown shirt t-shirt blouse skirt jacket sweater hoodie suit robe kimono sari cape cloak hat cap "
    "veil uniform armor armour outfit attire apron vest scarf tunic jumpsuit leotard bikini swimsuit jeans pants "
    "trousers shorts boots shoes gloves tracksuit turtleneck cardigan blazer raincoat sundress pyjamas pajamas "
    "overalls costume sweatshirt corset bodysuit lingerie helmet crown tiara"
)
PARTED = words(
    "chair table stool bench desk bed sofa lamp vase bottle cup mug jug pitcher bowl glass guitar violin cello "
    "piano car plane airplane ship boat sign clock house building tower tree bridge puppet robot machine bicycle "
    "train truck lighthouse castle church column pillar fountain throne cabinet ladder easel tripod camera helmet "
    "sword axe spear staff book door window"
)
"""Things that have legs, arms, necks or faces of their own."""
DOERS = (
    "keeper", "walker", "maker", "player", "fighter", "worker", "seller", "teller", "lifter", "skater", "boarder",
    "biker", "jack", "smith", "trainer", "dancer", "dresser", "binder", "washer", "sweeper",
)  # fmt: skip
"""Ends of words for people by what they do."""
ONLY_PEOPLE = words(
    "elderly middle-aged teenage adolescent bearded tattooed bespectacled muscular redheaded mustachioed "
    "clean-shaven brunette busty curvy voluptuous young"
)
"""Adjectives that make an unknown noun behind them a person."""
NO_PEOPLE = words("tree trees plant plants flower flowers leaves shoots grass wood forest animal fruit oak pine")
EITHER = words(
    "character person figure individual subject model protagonist someone somebody adult teenager teen human"
)
