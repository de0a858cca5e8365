"""What is sealed opens only in its place and under its key, and never again once the key is dropped."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import keys, sealing
from storage.database import Database
from storage.sealing import Erased, MasterKey, Tampered
from tests.support.stage import KEYS, START


@given(st.text(), st.text(min_size=1, max_size=20))
def test_what_is_sealed_opens_again(value: str, place: str) -> None:
    data_key = bytes(32)
    assert sealing.decrypt(data_key, place, sealing.encrypt(data_key, place, value)).decode() == value


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_changed_byte_is_noticed(value: bytes, data: st.DataObject) -> None:
    blob = bytearray(sealing.encrypt(bytes(32), "t|r|c", value))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Tampered):
        sealing.decrypt(bytes(32), "t|r|c", bytes(blob))


def test_a_value_moved_to_another_column_or_row_does_not_open(db: Database) -> None:
    with db.write() as session:
        one, other = keys.new(session, START), keys.new(session, START)
        blob = keys.seal(session, one, "people.name", "张三")
        with pytest.raises(Tampered):
            keys.open_bytes(session, one, "people.phone", blob)
        with pytest.raises(Tampered):
            keys.open_bytes(session, other, "people.name", blob)
        assert keys.open_text(session, one, "people.name", blob) == "张三"


def test_a_dropped_key_erases_for_good(db: Database) -> None:
    with db.write() as session:
        key_id = keys.new(session, START)
        blob = keys.seal(session, key_id, "people.name", "张三")
    with db.write() as session:
        keys.erase(session, key_id)
    with db.read() as session:
        with pytest.raises(Erased):
            keys.open_bytes(session, key_id, "people.name", blob)
        assert keys.open_text(session, key_id, "people.name", blob) == ""
        assert keys.open_text(session, None, "people.name", None) == ""


def test_another_master_key_opens_nothing(lite: Database) -> None:
    with lite.write() as session:
        key_id = keys.new(session, START)
        blob = keys.seal(session, key_id, "people.name", "张三")
    stranger = Database(lite.url, MasterKey(b"y" * 32))
    with stranger.read() as session, pytest.raises(Tampered):
        keys.open_bytes(session, key_id, "people.name", blob)
    stranger.close()


def test_the_key_file_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "wangge.key"
    first = MasterKey.load(path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert MasterKey.load(path).digest("a", "b") == first.digest("a", "b")
    assert path.read_text().strip() not in repr(first)


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "not hex at all"])
def test_a_spoilt_key_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wangge.key"
    path.write_text(content)
    with pytest.raises(ValueError, match=r".+"):
        MasterKey.load(path)


def test_a_digest_tells_its_purposes_apart() -> None:
    assert KEYS.digest("phone", "1") != KEYS.digest("name", "1")
    assert KEYS.sign("button", "接单 隐1") != KEYS.sign("button", "接单 隐2")
    assert len(KEYS.sign("button", "x")) == 6
