"""Tags every tagger uses that the class tables do not hold: a trigger spelled like one means something already."""

from . import words

BOORU = words("""
    solo solo_focus multiple_girls multiple_boys couple crowd holding weapon sword gun shield food drink flower rose
    heart star moon sun cloud sky water fire smoke feather petals leaf tree grass snow rain wind bubble butterfly cat
    dog bird horse fish dragon book phone cup bottle umbrella bag backpack basket box ball guitar piano camera car
    bicycle train ship chair table bed couch window door mirror lamp candle lantern bridge castle tower ruins
    ribbon bow lace frills button zipper pocket sleeve collar buckle chain bell ring gem crystal crown tiara mask
    helmet wand staff scythe spear axe bow_(weapon) arrow wings halo horns tail tattoo comic chibi cosplay
    crossover fanart parody doujinshi manga cover logo text signature watermark border frame collage multiple_views
""")
