"""Words that mean something already: those no trigger may be, and those that bring a meaning along inside one."""

from . import words

GENERIC = words("""
    person people human woman women man men girl girls boy boys lady gentleman guy male female child kid baby
    teen adult character subject model figure portrait photo photograph picture image art artwork drawing
    painting sketch illustration render rendering style anime manga cartoon comic realistic photorealistic
    person_photo hero heroine princess prince queen king witch wizard knight warrior soldier elf fairy angel
    demon vampire robot android alien monster redhead blonde brunette ginger beauty face body head hair eyes
    skin smile dress shirt coat black white red blue green yellow orange purple pink brown grey gray gold silver
    young old tall short cute pretty beautiful handsome trigger token name concept lora test sample default main
    original woman_character girl_character my_character main_character the_character
    """)
"""Too generic for a trigger: every base model has strong pictures of these already."""

ENGLISH = GENERIC | words("""
    able about above accept account across act action add admit adult affect after again against age agency
    agent ago agree air all allow almost alone along already also always amber among amount analysis and animal
    another answer any anyone apple apply april area arm army around arrive ash attack august aunt autumn author
    avoid away back bad bag ball bank bar base bay beach bear beat become bed before begin behavior behind
    believe bell benefit best better between beyond big bill bird bit black blood bloom blossom blue board boat
    book born both box branch break breeze bring brother brook budget build building bull business but buy call
    camera campaign can cancer candidate candy car card care career carry case cat catch cause cell center
    central century certain chair challenge chance change charge check cherry choice choose church citizen city
    civil claim class clay clear close cloud coach cold collection college color come common community company
    compare computer condition contain control coral cost could country couple course court cover create crime
    crystal culture cup current customer cut daisy dark data daughter dawn day dead deal death debate decade
    decide decision deep degree describe design desk despite detail develop diamond die dinner direction
    director discover discussion disease do doctor dog door down dragon draw dream drive drop drug dusk each
    eagle early earth east easy eat echo economy edge education effect effort eight either election else ember
    emerald end energy enjoy enough enter entire ever every evidence exactly example executive exist expect
    experience expert explain eye faith fall family far farm fast father fear feather federal feel fern few
    field fight fill film final find fine finger finish fire firm first fish five flame floor flower fly focus
    follow food foot for force foreign forest forget form former forward four fox free friend from frost full
    fund future game garden gas general ghost get give glass go goal good government grace great green ground
    group grow growth guess gun half hand hang happen happy hard harmony have hawk haze hazel head health hear
    heart heat heather heavy help her here herself high him himself his history hit hold holly home honey hope
    hospital hot hotel hour house how however huge hundred hunter husband ice idea identify if imagine impact
    important improve in include increase indeed indicate individual industry information inside instead
    interest interview into investment iris island issue it item its itself ivory ivy jade jasmine job join joy
    july june just keep key kid kill kind kitchen know lake land language large last late later laugh law lawyer
    lay lead leader leaf learn least leave left leg legal less let letter level lie life light like likely lily
    line lion list listen little live local long look lose loss lost lot love low lucky luna machine magazine
    magic maintain major make manage manager many maple march market marriage material matter may maybe mean
    measure media medical meet meeting melody member memory mention message method middle might military million
    mind mint minute mint miss misty mission modern moment money month moon more morning most mother mouth move
    movement movie much music must myself mystery nation national natural nature near nearly need network never
    new news newspaper next nice night no none nor north not note nothing notice nova now number nurse oak occur
    ocean of off offer office officer official often oil ok olive on once one only onto onyx opal open operation
    opportunity option or order organization other others our out outside over own owner page pain paper parent
    park part participant particular partner party pass past patient pattern pay peace pearl penny people pepper
    perform perhaps period person phone physical pick piece pilot pine place plan plant play player please point
    police policy political poor poppy popular population position positive possible power practice prepare
    present president pressure prevent price private probably problem process produce product production
    professional professor program project property protect prove provide public pull purpose push put quality
    queen question quickly quiet quite race radio rain raise range rate rather raven reach read ready real
    reality realize really reason receive recent recently recognize record reduce reed reflect region relate
    relationship religious remain remember remove report represent require research resource respond response
    responsibility rest result return reveal rich right rise risk river road robin rock role room rose ruby rule
    run rust sable safe saffron sage same sand sapphire save say scarlet scene school science scientist score
    sea season seat second section security see seek seem sell send senior sense series serious serve service
    set seven several shadow shake share she shoot short shot should shoulder show side sign significant silver
    similar simple simply since sing single sister sit site situation six size skill sky small snow so social
    society some somebody someone something sometimes son song soon sort sound source south southern space spark
    speak special specific speech spend spice spirit spirit sport spring staff stage stand standard star start
    state statement station stay steel step still stock stone stop storm story strategy street strong structure
    student study stuff success successful such suddenly suffer suggest summer sun sunny support sure surface
    system table take talk task tax teach teacher team technology television tell ten tend term than thank that
    the their them themselves then theory there these they thing think third this those though thought thousand
    threat three through throughout throw thunder thus tiger time to today together tonight too top total tough
    toward town trade traditional training travel treat treatment tree trial trip trouble true truth try turn
    two type under understand unit until up upon us use usually value various velvet very victim view violence
    violet visit voice vote wait walk wall want war watch water wave way we weapon wear week weight well west
    western what whatever when where whether which while whisper who whole whom whose why wide wife wild will
    willow win wind window winter wish with within without wolf wonder wood word work worker world worry would
    write writer wrong yard yeah year yes yet you your yourself zero character
    """)
"""Short list of common words and of words people name characters by; not a dictionary."""

BOORU = words("""
    solo solo_focus multiple_girls multiple_boys couple crowd holding weapon sword gun shield food drink flower rose
    heart star moon sun cloud sky water fire smoke feather petals leaf tree grass snow rain wind bubble butterfly cat
    dog bird horse fish dragon book phone cup bottle umbrella bag backpack basket box ball guitar piano camera car
    bicycle train ship chair table bed couch window door mirror lamp candle lantern bridge castle tower ruins
    ribbon bow lace frills button zipper pocket sleeve collar buckle chain bell ring gem crystal crown tiara mask
    helmet wand staff scythe spear axe bow_(weapon) arrow wings halo horns tail tattoo comic chibi cosplay
    crossover fanart parody doujinshi manga cover logo text signature watermark border frame collage multiple_views
""")
"""Tags every tagger uses that the class tables do not hold."""
