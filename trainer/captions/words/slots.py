"""Which slot of the caption a tag belongs to: a regular expression per line, for the whole tag, tested from the top."""

from . import words

META = (
    r"signature|(.*_)?watermark|(.*_)?username|artist_(name|logo|self-insert)|(.*_)?logo|dated|numbered|subtitled|"
    r"lyrics",
    r"((english|japanese|chinese|korean|engrish|romaji|cyrillic|background|ranguage)_)?text(_.*)?|(character|"
    r"copyright|group|company|weapon)_name",
    r"(.*_)?jpeg_artifacts|(scan|compression)_artifacts|(absurd|high|low|medium|inc?redibly_absurd)res|(high|"
    r"low)[_-]res(olution)?",
    r"rating(:.*)?|(rating_)?(safe|sensitive|questionable|explicit|general)|commentary(_.*)?|(.*_)?commentary|"
    r"translat.*|check_.*",
    r"(un|mosaic_|bar_|identity_)?cens(ored|oring|or)|score_\d(_up)?|source_.*|masterpiece|(best|amazing|great|"
    r"normal|good|low|worst|high)_quality",
    r"bad_(id|pixiv_id|twitter_id|link|source|proportions|anatomy)|duplicate|md5_mismatch|revision|tagme|"
    r"web_address|patreon(_.*)?",
    r"(very_)?aesthetic|newest|recent|ai[-_]generated|ai[-_]assisted|4k|8k|hdr?|uhd|sharp_focus|ultra[-_]detailed|"
    r"highly_detailed|detailed",
    r"(photo_)?credit|copyright(_.*)?|virtual_youtuber|tagging_.*",
)

MARKS = (
    r"signature|(.*_)?watermark|(.*_)?username|artist_(name|logo)|web_address|(.*_)?logo|"
    r"((english|japanese)_)?text|copyright.*"
)
"""Meta tags that say something was written onto the picture: it will be learned too."""

KAOMOJI = words(
    "0_0 (o)_(o) +_+ +_- ._. <o>_<o> <|>_<|> =_= >_< 3_3 6_9 >_o @_@ ^_^ o_o u_u x_x |_| ||_|| \\||/ \\o/ \\m/ "
    "\\n/ -_- t_t q_q ;_; n_n v_v d_d w_w c_c e_e i_i o_0 0_o o_x x_o >_@ $_$ *_* ^o^ ^^^ >o< >w< >.< <_< >_> "
    "^.^ owo uwu qwq orz :3 :> :< :) :( :d :p :o :q :t :i :c :x :| :/ :\\ :s :v :0 :1 ;) ;( ;d ;p ;o ;q ;3 ;< "
    ";> ;| ;/ x3 xd =3 =) =d =p =o =| =^= =v= >:) >:( >:d >:o >:3 >:p >=) >3< 3:) :'( :'d :-) :-( d: c: ): (: "
    ">:| ^3^ o3o ... ! !! !!! ? ?? ??? !? ?! +++ <3 </3 :>= :<= ;w; :w: >;) zzz"
)
"""Tags of booru sites that are drawn with marks, whose commas, bars and underscores are no separators."""

SINGLE_FEMALE = r"1\+?(girl|woman|female|lady)|woman|girl|female|lady|female_focus"
SINGLE_MALE = r"1\+?(boy|man|male|guy)|man|boy|male|guy|male_focus"
SINGLE = (
    rf"{SINGLE_FEMALE}|{SINGLE_MALE}|1\+?(other|person)|person|solo(_focus)?|single_person|one_person|someone|human|"
    r"character"
)
SUBJECT = (
    SINGLE,
    r"\d\+?(girl|boy|other|woman|man|women|men|people|person)s?|multiple_(girls|boys|others|people)|couple|crowd|"
    r"group|people|women|men",
)

EXPRESSION = (
    r"(.*_)?(smile|smiling|grin|grinning|smirk|smirking|frown|frowning|pout|pouting|laugh|laughing|laughter|scowl|"
    r"sneer|grimace)",
    r"cry(ing)?(_.*)?|(slightly_)?angry|anger(_vein)?|annoyed|serious|surprised?|shocked?|scared|afraid|"
    r"sad(ness)?|happy|embarrassed|shy",
    r"(slightly_|wide_)?open[_-]mouth(ed)?|closed_mouth|parted_lips|pursed_lips|(pucker|puckered|biting|"
    r"licking).*_?lips?|lip_biting|wavy_mouth",
    r"(closed|half-closed|narrowed|rolling|empty|squinting|teary|wide|crossed)_eyes?|(one|both)_eyes?_closed|"
    r"wide-eyed|wink(ing)?",
    r"tongue(_out)?|blush(ing)?(_.*)?|(?!sweat).*_blush|full-face_blush|tears?(_in_eyes)?|(happy|streaming)_tears|"
    r"tearing_up|teardrop",
    r"clenched_teeth|teeth|(upper|lower)_teeth(_only)?|expressionless|emotionless|neutral|calm|thoughtful|pensive|"
    r"bored|tired|sleepy|drunk|nervous",
    r"(.*_)?expression(s)?|(.*_)?(stare|glare|gaze_of_.*)|raised_eyebrows?|v-shaped_eyebrows|furrowed_brows?|"
    r"frustrated|determined|confident|worried",
    r"disgust(ed)?|smug|evil_smile|naughty_face|light_smile|confused|excited|joy(ful)?|content|relaxed|playful|"
    r"seductive_smile|unamused|gloom.*",
    r"scream(ing)?|shout(ing)?|yell(ing)?|yawn(ing)?|sigh(ing)?|trembling|turn_pale|(fly(ing)?_)?sweatdrops?|"
    r"shaded_face|doyagao|sulking|concerned",
    r"[:;=xX8>][-'^]?[\)\(dDpPoO3<>|/\\c9qvwitx]+|[xX]d|>_<|\^_\^|\^\^\^?|o_o|@_@|0_0|\+_\+|;d|;\)|:\)|:\(|:<|:>|"
    r":o|=_=|-_-|u_u|q_q|t_t|x_x|\._\.|\|_\||>:\)|>:\(|>_o|\\o/|!!?|\?!?|!\?|\.\.\.|:t|:i|c:",
)

STYLES: dict[str, tuple[str, ...]] = {
    "render": (
        r"3d(_.*)?|(.*_)?render(ed|ing)?|cgi?|blender_\(medium\)|daz3?d?|unreal_engine(_\d)?|octane_render|"
        r"(video_)?game_cg|computer_generated",
    ),
    "photo": (
        r"realistic|photorealis(tic|m)|hyperrealis(tic|m)|photo(graph|graphy|realism)?(_.*)?|(.*_)(photo|"
        r"photograph|photography)|(real_life|cosplay_photo)|raw_photo|film_grain|polaroid|analog_film",
    ),
    "anime": (
        r"anime(_.*)?|manga(_.*)?|(.*_)anime|cel_shad(ing|ed)|anime_screencap|official_art|chibi",
    ),
    "painting": (
        r"(.*_)?(watercolou?r|painting|gouache|acrylic|oil_paint)(_painting|_\(medium\)|_style)?|painterly|"
        r"impressionism|traditional_media|oil_on_canvas|(oil|pastel)_\(medium\)",
    ),
    "drawing": (
        r"(.*_)?(illustration|drawing|sketch|lineart|line_art|cartoon|comic|artwork|doodle|concept_art|"
        r"digital_art)|4koma|(?!.*photo).*_\(medium\)|.*_\(style\)|(flat|digital)_colou?r|vector(_.*)?|pixel_art|"
        r"ink|charcoal|pencil|(.*_)style|line_drawing|pastel_colors|jojo_pose",
    ),
    "monochrome": (
        r"monochrome|gr[ae]yscale|black[-_]and[-_]white(_.*)?|sepia|spot_colou?r|limited_palette",
    ),
}  # fmt: skip
"""Style words by what they say the picture is; `render` before `photo`, since taggers call renders realistic too."""

CAMERA = (
    r"full[-_]body(_shot|_portrait)?|upper[-_]body(_shot)?|lower[-_]body|half[-_]body(_shot|_portrait)?|"
    r"cowboy_shot|bust(_shot)?|head(_and_shoulders|shot)(_.*)?",
    r"(.*_)?portrait|(extreme_)?close-?up(_.*)?|(.*_)?(shot|view|angle|perspective|viewpoint)|from_(above|below|"
    r"side|behind|outside|afar|the_(side|front|back))",
    r"(.*_)?profile|(in_)?profile|pov(_.*)?|depth_of_field|blurry(?!_background).*|blurry_background|bokeh|"
    r"motion_blur|out_of_focus|soft_focus",
    r"straight-on|foreshortening|fisheye|vanishing_point|wide|panorama|selfie|mirror_selfie|(.*_)?out_of_frame|"
    r"cropped_.*|centered|rule_of_thirds",
    r"multiple_views|rotated|sideways|upside-down|eye[-_]level|three[-_]quarter(s)?(_.*)?|(.*_)lens|macro|"
    r"telephoto|(.*_)focus|dutch_angle|zoomed_.*",
)

LIGHTING = (
    r"(?!traffic_)(.*_)?(light|lights|lighting|lit|sunlight|moonlight|candlelight|firelight|starlight|lamplight|"
    r"daylight|backlight(ing)?)",
    r"(.*_)?(shadows?|glow|glowing|sunset|sunrise|dusk|dawn|twilight|silhouette|lens_flare|sunbeams?|light_rays|"
    r"god_rays|sun_rays)",
    r"back-?lit|side-?lit|sunlit|moonlit|candle-?lit|rim_lit|golden_hour|blue_hour|chiaroscuro|(high|low)[-_](key|"
    r"contrast)|crepuscular_rays",
    r"(dappled|harsh|soft|bright|dim|warm|cool|cold)_(sunlight|shade|illumination|tones?)|dim(ly_lit)?|overcast|"
    r"illuminat(ed|ion)|underlighting|neon",
    r"light_particles|colou?red_shadow|spotlight|studio_lights|flash(_photography)?",
)

POSE = (
    r"(.*_)?(standing|sitting|kneeling|lying|walking|running|jumping|squatting|crouching|dancing|sleeping|reading|"
    r"writing|posing|swimming|climbing)(?!.*_background)(_(?!room|area|stone).*)?",
    r"(leaning|looking|facing|holding|carrying|pointing|reaching|hugging|waving|stretching|bending|turning|"
    r"touching|adjusting|grabbing|gripping|resting|playing|eating|drinking|cooking|riding|driving|fighting|tying|"
    r"brushing|combing|wiping|covering|hand)(_(?!mirror|fan|bag|puppet|towel).*)?",
    r"(arms?|hands?|legs?|knees?|feet|foot|fingers?|elbows?|palms?|fists?)_(?!warmers?|pads?|bands?|wraps?|"
    r"guards?|boots?|wear|garters?|straps?|tattoos?|puppets?|fan|mirror|bag|out_of|cuffs?|belt|ribbon|armor|"
    r"socks?|ring|hair|print).*",
    r"(crossed|spread|outstretched|raised|folded|bent|extended|clasped|open)_(arms?|legs?|hands?|ankles?|knees?|"
    r"wings)|(own_)hands_.*|.*_(hands|hand|arm|arms|leg|legs)_(up|down)",
    r"(.*_)?head_(tilt|down|back|up|rest|turned.*)|tilted_head|head_tilted|on_(back|side|stomach|one_knee|"
    r"all_fours|one_leg|own_.*)|all_fours|fetal_position",
    r"bent_over|seiza|wariza|indian_style|lotus_position|contrapposto|salute|v|peace_sign|thumbs_up|double_v|"
    r"shrug(ging)?|heart_hands(_.*)?|(.*_)?pose|(.*_)?stance",
    r"hug|kiss(ing)?|blowing_kiss|arm_support|straddling|princess_carry|piggyback|flying|floating|falling|"
    r"swinging|mouth_hold|eye_contact|singing|clapping",
    r"(back|body|face|head)_turned(_.*)?|turned_(away|to_.*)|turning_.*|gaz(e|ing)(_.*)?|star(ing|es)(_.*)?|"
    r"midair|high_kick|kicking|punching|working_out|yoga|exercising",
    r"with_(her|his|their)_(hands?|arms?|legs?|head|back|eyes).*|hand_on_.*|looking_.*|facing_.*|"
    r"own_hands_together|presenting|drawing_(sword|weapon)|relaxing",
)

CLOTHING = (
    r"(wearing|dressed_in|clad_in)_.*|(off|bare)[-_]shoulders?|(strapless|sleeveless|backless|halterneck|"
    r"see-through|unbuttoned|buttoned)(_.*)?",
    r"(.*_)?(shirt|t-shirt|tshirt|blouse|top|tank_top|crop_top|sweater|sweatshirt|hoodie|cardigan|turtleneck|"
    r"pullover|vest|jersey|jumper|tunic|tee|polo)s?",
    r"(.*_)?(jacket|coat|blazer|overcoat|trench_coat|raincoat|parka|cape|capelet|cloak|poncho|shawl|robe|bathrobe|"
    r"haori|tabard|windbreaker)s?",
    r"(.*_)?(dress|gown|sundress|skirt|miniskirt|kimono|yukata|hanfu|cheongsam|sari|toga|apron|hakama|obi|qipao|"
    r"hagoromo|pinafore|nightgown)(es|s)?",
    r"(.*_)?(pants|jeans|trousers|shorts|leggings|overalls|slacks|sweatpants|buruma|chinos|denim|tights|pantyhose|"
    r"stockings|thighhighs|kneehighs|socks?|legwear|fishnets|hosiery)",
    r"(.*_)?(shoes?|boots?|sneakers?|sandals?|heels?|high_heels|loafers?|slippers?|footwear|flip-flops|pumps|"
    r"mary_janes|geta|stilettos|barefoot|anklets?|leg_warmers)",
    r"(.*_)?(hat|cap|beanie|beret|hood|hood_(up|down)|helmet|crown|tiara|headband|headwear|headphones|earmuffs|"
    r"bonnet|headdress|headscarf|veil|turban|bandana|fedora|visor|headset|headgear|circlet|diadem|bun_cover)s?",
    r"(.*_)?(glove|mitten|scarf|scarves|necktie|tie|bowtie|ascot|neckerchief|ribbon|bow|choker|collar|sash|belt|"
    r"suspenders|cuff|wristband|armband|gauntlet|bracer|wrist_cuff|harness|holster|arm_warmer|armlet)s?",
    r"(.*_)?(jewelry|jewellery|earring|necklace|bracelet|ring|brooch|pendant|chain|watch|wristwatch|bangle|locket|"
    r"beads|pearls|tassel|charm|gem)s?",
    r"(.*_)?(bikini|swimsuit|swimwear|underwear|bra|panties|lingerie|leotard|bodysuit|jumpsuit|romper|corset|"
    r"bustier|bloomers|thong|chemise|negligee|pajamas|sleepwear|camisole|garter_belt|fundoshi|unitard|catsuit)",
    r"(.*_)?(uniform|suit|tuxedo|armor|armour|costume|outfit|clothes|clothing|attire|formal|formalwear|streetwear|"
    r"sportswear|serafuku|gakuran|cosplay|robes|garment|garments|fashion|dougi|spacesuit|plugsuit)",
    r"(.*_)?(sleeves?|neckline|v-neck|crew_neck|cleavage|midriff|navel|lapels|buttons?|zipper|pockets?|straps?|"
    r"frills|lace|lace_trim|trim|print|pattern|plaid|embroidery|hem|ruffles|polka_dots?|argyle|pleats|fringe)",
    r"(.*_)?(mask|goggles|sunglasses|eyewear|blindfold|bag|handbag|backpack|purse|satchel|bandages?|bandaid|"
    r"cutout|slit|keyhole|gag|muzzle|umbrella|fur_trim|epaulettes|aiguillette|emblem|badge|name_tag|lanyard|maid|"
    r"miko|nun|obijime|pom_pom_\(clothes\))",
    r"(striped|plaid|frilled|floral|pleated|torn|open|puffy|layered|lace-trimmed|fur-trimmed|ribbed|denim|leather|"
    r"partially_.*|patterned|knit|cropped|tight|loose|oversized|unzipped|tucked|undone|wet)_.*",
    r"(.*_)?(hair_?(ornament|ribbon|bow|flower|tie|clip|pin|band|bobble|stick|bell|tubes)s?|hairband|hairclips?|"
    r"hairpins?|scrunchie)|nude|topless|shirtless|bottomless|naked|towel|zettai_ryouiki|skindentation|bare_(arms|"
    r"legs|back|feet)|(.*_)?wig",
)

SETTING = (
    r"(.*_)?(background|backdrop|indoors?|outdoors?|inside|outside|scenery|landscape|nature|interior|exterior)",
    r"(.*_)?(sky|clouds?|sun|moon|stars?_\(sky\)|starry_sky|night|day|daytime|evening|morning|afternoon|noon|"
    r"horizon|rainbow|fog|mist|rain|raining|snow|snowing|storm|wind|weather|summer|winter|autumn|"
    r"spring_\(season\)|spring)",
    r"(.*_)?(room|bedroom|kitchen|bathroom|living_room|office|classroom|hallway|corridor|library|studio|gym|"
    r"hospital|hotel|cafe|café|restaurant|bar|shop|store|mall|market|museum|theater|stage|garage|warehouse|"
    r"basement|attic|lobby|school|church|temple|shrine|castle|palace|factory|laboratory|dungeon)",
    r"(.*_)?(street|road|alley|sidewalk|city|cityscape|town|village|building|skyscraper|skyline|rooftop|balcony|"
    r"bridge|park|garden|playground|parking_lot|crosswalk|station|train_interior|subway|airport|car_interior|bus|"
    r"train|car|harbor|pier|stadium|courtyard|porch|terrace|patio)s?",
    r"(.*_)?(beach|ocean|sea|lake|river|stream|waterfall|pond|pool|poolside|water|underwater|shore|coast|island|"
    r"waves|onsen|forest|woods|jungle|tree|trees|grass|field|meadow|mountain|mountains|hill|hills|cliff|cave|"
    r"desert|sand|rocks?|ruins|valley|swamp|bamboo|bush|bushes|flower_field|plants?|foliage|leaves|petals|"
    r"cherry_blossoms|space|planet)",
    r"(.*_)?(wall|brick_wall|window|windows|door|doorway|floor|tiles|ceiling|stairs|staircase|fence|railing|"
    r"curtains?|bed|couch|sofa|chair|armchair|stool|bench|table|desk|counter|shelf|bookshelf|mirror|fireplace|"
    r"carpet|rug|pillow|bed_sheet|throne|lamp|lantern|locker|blackboard|shelves|furniture|column|pillar|archway)",
    r"(in|at|inside|near|outside|beside|against|on|by|under|behind|amid)_.*|simple|gradient|(.*_)?(white|grey|"
    r"gray|black)_(void|backdrop)|bokeh_lights|fire|smoke|steam|confetti|falling_.*",
)

SLOTS = ("subject", "appearance", "expression", "clothing", "other", "pose", "camera", "setting", "lighting", "style")
"""What follows the trigger, in the guide's order; `appearance` is what is described on purpose or as an exception."""
