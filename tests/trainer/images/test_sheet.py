"""Where tiles and words lie on a sheet."""

import gc

from PIL import Image

from trainer.images.pen import GROUND, TEXT, Pen, width_of
from trainer.images.sheet import Grid, Line, draw_right, draw_tile, paragraph


def test_cells_follow_row_by_row_with_their_captions_between():
    grid = Grid(columns=2, tile=(100, 80), gap=10, under=20, corner=(5, 7))
    assert [grid.at(number) for number in range(3)] == [(5, 7), (115, 7), (5, 117)]
    assert (grid.width, grid.rows(3), grid.top(grid.rows(3))) == (210, 2, 227)


def test_a_tile_shows_the_whole_picture_in_its_middle():
    pen = Pen((60, 60))
    draw_tile(pen, (10, 10), Image.new("RGB", (200, 100), (255, 0, 0)), 40, radius=0)
    assert pen.image.getpixel((30, 30)) == (255, 0, 0)
    assert pen.image.getpixel((30, 15)) == GROUND and pen.image.getpixel((30, 45)) == GROUND


def test_a_paragraph_keeps_its_width_and_writes_signs_the_font_has():
    lines = paragraph("a picture of 512 × 768 pixels, −3 % " * 4, 200)
    assert len(lines) > 1 and all(width_of(line.words, 15) <= 200 for line in lines)
    assert "×" not in "".join(line.words for line in lines)


def test_words_at_the_right_edge_are_left_out_where_they_would_cover_others():
    pen = Pen((100, 30))
    draw_right(pen, (95, 20), Line("far too long for it", 15, TEXT), after=60)
    assert pen.image.getcolors() == [(3000, GROUND)]


def test_sheets_of_many_sizes_keep_few_of_their_masks() -> None:
    """A host runs for weeks, and hardly two pictures of a folder have the same size."""
    before = _pictures()
    pen = Pen((64, 64))
    for side in range(1, 400):
        pen.panel((0, 0, side / 8 + 1, side % 50 + 1), TEXT, radius=side % 7)
    assert _pictures() - before < 100


def _pictures() -> int:
    gc.collect()
    return sum(isinstance(each, Image.Image) for each in gc.get_objects())
