"""One or two words for each check, for badges and chips where a sentence has no room."""

WORDS = {
    "file": "cannot be read",
    "changed": "file changed",
    "left out": "left out",
    "size": "too small",
    "aspect": "odd shape",
    "buckets": "lone bucket",
    "alpha": "see-through",
    "jpeg": "poor JPEG",
    "blocks": "JPEG blocks",
    "blur": "blurred",
    "softer": "softer than most",
    "upscaled": "enlarged or soft",
    "exposure": "poorly exposed",
    "copy": "exact copy",
    "near copy": "near copy",
    "no face": "no face",
    "several faces": "several faces",
    "odd one out": "odd one out",
    "count": "picture count",
    "variety": "few differ",
    "all copies": "all copies",
    "all faceless": "no faces",
}


def short_words(check: str) -> str:
    return WORDS.get(check, check)
