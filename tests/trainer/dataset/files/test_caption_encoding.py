import pytest

from trainer.dataset.files.caption_encoding import decode_caption

WESTERN = ["café", "zxq, woman, café, naïve smile", "a woman – smiling, “red coat”", "mädchen, größe, rotes haar"]
JAPANESE = ["赤いコート、笑顔の女性", "zxq, 女の子, 笑顔", "青い空", "カメラ目線"]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *(("cp1252", text) for text in WESTERN),
        *(("cp932", text) for text in JAPANESE),
        *((wide, text) for wide in ("utf_16_le", "utf_16_be") for text in ("sage, smiling", "zxq, café", JAPANESE[0])),
        *(("utf-16", text) for text in (WESTERN[0], JAPANESE[0])),
        ("utf-8-sig", "sage, 女の子"),
    ],
)
def test_a_caption_is_read_in_the_encoding_that_it_was_written_in(encoding: str, text: str):
    read = decode_caption(text.encode(encoding))
    assert read is not None and read.text == text
    assert (read.kind == "") == (encoding == "utf-8-sig")


@pytest.mark.parametrize(
    "data",
    [
        "zxq, 女孩".encode("gb18030"),  # as good Chinese as Japanese or Korean
        "笑顔".encode("cp932"),
        "café".encode("cp437"),
        b"\xff\xfes\0a",  # half a letter
        bytes(range(128, 256)),
    ],
)
def test_a_caption_that_could_be_several_texts_or_none_is_not_read(data: bytes):
    assert decode_caption(data) is None


@pytest.mark.parametrize("data", [b"sage, \0smiling\0\0", "sage, smiling".encode("utf-16-le"), b"\0" * 40])
def test_no_nul_comes_out(data: bytes):
    read = decode_caption(data)
    assert read is not None and "\0" not in read.text and read.kind
