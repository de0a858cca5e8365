"""Films lose what they tell of where and by what they were made, and not one byte of picture or sound moves."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.clean_film import NoFilm, clean
from tests.support import films

FILM = films.film()
HIDDEN = (films.PLACE, films.MAKER, b"30.2741", b"GPS", b"hidden-between", b"\xde\xad\xbe")


def test_the_film_stays_and_the_rest_goes() -> None:
    bare = clean(FILM)
    assert len(bare) == len(FILM)
    for hidden in HIDDEN:
        assert hidden in FILM
        assert hidden not in bare
    for kept in (*films.PICTURES, *films.SOUNDS):
        assert bare.index(kept) == FILM.index(kept), "offsets stay true"
    for kind in (b"udta", b"meta", b"uuid", b"odd!", b"gpmd", b"name", b"\xa9xyz"):
        assert kind not in bare
    for kind in (b"ftyp", b"moov", b"mvhd", b"avc1", b"avcC", b"mp4a", b"esds", b"stco", b"vide", b"soun"):
        assert kind in bare
    assert clean(bare) == bare, "nothing is left to do"


def test_what_cannot_be_freed_is_refused() -> None:
    broken = {
        "ends in the middle": FILM[:-3],
        "no film": films.box(b"ftyp", b"isom"),
        "two films": FILM + FILM,
        "in pieces": films.film(pieces=True),
        "lies elsewhere": FILM.replace(b"url \x00\x00\x00\x01", b"url \x00\x00\x00\x00"),
        "too many boxes": FILM + films.box(b"free") * 30_000,
        "too much data": FILM + films.box(b"mdat") * 100,
    }
    for name, blob in broken.items():
        began = time.perf_counter()
        with pytest.raises(NoFilm):
            clean(blob)
        assert time.perf_counter() - began < 5, name


@given(st.data())
def test_whatever_is_changed_is_bare_or_refused(data: st.DataObject) -> None:
    blob = bytearray(FILM)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(blob) - 1))
        long = data.draw(st.integers(1, 8))
        blob[at : at + long] = data.draw(st.binary(min_size=long, max_size=long))
    made = bytes(blob[: data.draw(st.integers(0, len(blob)))]) if data.draw(st.booleans()) else bytes(blob)
    try:
        bare = clean(made)
    except NoFilm:
        return
    assert len(bare) == len(made)


@given(st.binary(max_size=300))
def test_anything_at_all_is_refused_or_bare(blob: bytes) -> None:
    try:
        assert len(clean(blob)) == len(blob)
    except NoFilm:
        pass
