"""Sealed files: what was written comes back; one changed, cut, lengthened, shuffled or exchanged does not open."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import sealed_file
from storage.sealed_file import CHUNK, HEAD, TAG, NotSealed, Writer
from storage.sealing import MasterKey, Tampered
from tests.support.stage import KEYS


def sealed(path: Path, *parts: bytes, keys: MasterKey = KEYS, purpose: str = "test") -> Path:
    """A file with these parts, written one after the other."""
    with path.open("wb") as file:
        writer = Writer(file, keys, purpose)
        for part in parts:
            writer.write(part)
        writer.finish()
    return path


def opened(path: Path, keys: MasterKey = KEYS, purpose: str = "test") -> bytes:
    """All that stands in it."""
    return b"".join(sealed_file.read(path, keys, purpose))


def refused(path: Path, raw: bytes) -> bool:
    """Whether a file of these bytes does not open."""
    path.write_bytes(raw)
    try:
        opened(path)
    except (Tampered, NotSealed):
        return True
    return False


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])
def test_what_is_written_comes_back(tmp_path: Path, size: int) -> None:
    plain = random.Random(size).randbytes(size)
    path = sealed(tmp_path / "a", plain[: size // 3], plain[size // 3 :])
    assert opened(path) == plain
    chunks = max(1, -(-size // CHUNK))
    assert path.stat().st_size == HEAD + size + chunks * TAG
    assert all(len(one) <= CHUNK for one in sealed_file.read(path, KEYS, "test"))


def test_any_changed_byte_is_found(tmp_path: Path) -> None:
    raw = sealed(tmp_path / "a", b"some words").read_bytes()
    for place in range(len(raw)):
        for bit in (1, 128):
            assert refused(tmp_path / "b", raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :]), place


def test_a_file_cut_lengthened_or_shuffled_is_found(tmp_path: Path) -> None:
    raw = sealed(tmp_path / "a", bytes(3 * CHUNK + 5)).read_bytes()
    whole = CHUNK + TAG
    head, first, second, third, last = (
        raw[:HEAD],
        raw[HEAD : HEAD + whole],
        raw[HEAD + whole : HEAD + 2 * whole],
        raw[HEAD + 2 * whole : HEAD + 3 * whole],
        raw[HEAD + 3 * whole :],
    )
    for bad in (
        head,
        head + first,
        head + first + second,
        head + first + second + third,
        raw[:-1],
        raw + b"\x00",
        raw + last,
        head + second + first + third + last,
        head + first + third + last,
        head + first + first + second + third + last,
        head + last,
        raw[: HEAD - 1],
        b"",
    ):
        assert refused(tmp_path / "b", bad)


def test_chunks_of_two_files_do_not_mix(tmp_path: Path) -> None:
    one, two = (sealed(tmp_path / name, bytes(CHUNK + 5)).read_bytes() for name in ("a", "b"))
    whole = HEAD + CHUNK + TAG
    assert refused(tmp_path / "c", one[:whole] + two[whole:])
    assert refused(tmp_path / "c", one[:HEAD] + two[HEAD:])


def test_it_opens_with_its_master_key_for_its_purpose_only(tmp_path: Path) -> None:
    path = sealed(tmp_path / "a", b"x")
    with pytest.raises(Tampered):
        opened(path, MasterKey(bytes(32)))
    with pytest.raises(Tampered):
        opened(path, purpose="other")
    assert KEYS.file_key("test", bytes(16)) != KEYS.file_key("test", bytes(15) + b"\x01")


def test_one_that_was_never_finished_does_not_open(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        Writer(file, KEYS, "test").write(bytes(2 * CHUNK))
    with pytest.raises(Tampered):
        opened(tmp_path / "a")


@given(st.lists(st.binary(max_size=40).map(lambda one: one.replace(b"\n", b" ")), max_size=8))
def test_lines_come_back(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    path = sealed(tmp_path_factory.getbasetemp() / "lines", *(one + b"\n" for one in lines))
    assert list(sealed_file.lines(path, KEYS, "test")) == lines
