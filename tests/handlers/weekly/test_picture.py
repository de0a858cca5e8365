"""The picture of the week against a reference, and that it stays readable and grows with what there is to tell.

After a change that was meant: python -m tests.handlers.weekly.test_picture, then look at what it wrote.
"""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from handlers.drawing import type as drawn
from handlers.weekly import picture
from handlers.weekly.report import Report
from tests.handlers.weekly import example
from tests.support.stage import ROOT, words

REFERENCE = ROOT / "docs" / "images" / "weekly.png"
MEAN, SINGLE = 1.5, 0.004
"""How far apart two pictures may be: the mean of all dots (of 255), and the share that differs clearly. Another
FreeType smooths edges a little differently; a missing line is far beyond."""


def opened(blob: bytes) -> Image.Image:
    return Image.open(io.BytesIO(blob)).convert("RGB")


def apart(one: Image.Image, other: Image.Image) -> tuple[float, float]:
    """The mean difference, and the share of dots that differ clearly."""
    difference = ImageChops.difference(one, other).convert("L")
    clear = sum(difference.histogram()[100:])
    return ImageStat.Stat(difference).mean[0], clear / (one.width * one.height)


def test_it_looks_like_the_reference() -> None:
    made, kept = opened(picture.draw(words(), example.report())), Image.open(REFERENCE).convert("RGB")
    assert made.size == kept.size
    mean, clear = apart(made, kept)
    assert mean <= MEAN
    assert clear <= SINGLE


def test_one_other_number_would_be_seen() -> None:
    first = example.line("disputes_found", "件", "count", example.counts(12, 7, 3, 29), example.counts(9, 8, 6, 5))
    other = replace(example.report(), lines=(first, *example.LINES[1:]))
    _, clear = apart(opened(picture.draw(words(), other)), Image.open(REFERENCE).convert("RGB"))
    assert clear > 0


@pytest.mark.parametrize("report", [example.report(), example.report(corrected=True), example.report(drill=True)])
def test_it_is_as_wide_as_a_phone_shows_and_small_to_send(report: Report) -> None:
    blob = picture.draw(words(), report)
    assert opened(blob).width == 1080
    assert len(blob) < 300_000


def test_a_correction_and_a_drill_are_seen() -> None:
    plain = opened(picture.draw(words(), example.report()))
    corrected = opened(picture.draw(words(), example.report(corrected=True)))
    drill = opened(picture.draw(words(), example.report(drill=True)))
    assert ImageChops.difference(plain, corrected).getbbox() is not None
    assert drill.height > plain.height
    assert any(red > 150 and green < 60 for _, (red, green, _) in drill.crop((0, 0, 1080, 84)).getcolors(99999) or [])


def test_nothing_to_tell_is_a_picture_too() -> None:
    empty = replace(example.report(), lines=(), places=())
    assert opened(picture.draw(words(), empty)).height < 900


def test_many_towns_with_long_names_fit() -> None:
    many = tuple(f"第{number}号名字非常非常长的民族自治乡镇街道办事处" for number in range(20))
    cells = tuple(one for _ in range(5) for one in example.LINES[0].places)
    lines = tuple(replace(one, places=cells) for one in example.LINES[:5])
    long = replace(example.report(), places=many, lines=lines)
    assert opened(picture.draw(words(), long)).height < 6000


def test_every_sentence_of_it_can_be_written() -> None:
    """The shipped font has every sign the catalogue uses in a picture."""
    said = {sign for key, one in words().sentences.items() if key.startswith("weekly.") for sign in one}
    unknown = mask("\ue000")
    assert {sign for sign in said - set("\n ") if mask(sign) == unknown} == set()


def mask(sign: str) -> bytes:
    """The dots of one sign."""
    return bytes(drawn.font(20).getmask(sign))


def write(folder: Path = REFERENCE.parent) -> None:
    """Draw the reference anew."""
    (folder / "weekly.png").write_bytes(picture.draw(words(), example.report()))


if __name__ == "__main__":
    write()
