"""A button's data is ours or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.buttons import Buttons
from storage.sealing import MasterKey
from tests.support.stage import KEYS

BUTTONS = Buttons(KEYS, "telegram")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=14))
def test_what_was_packed_comes_back(does: str) -> None:
    data = BUTTONS.pack(does)
    assert len(data.encode()) <= 64
    assert BUTTONS.unpack(data) == does


@given(st.text(max_size=70))
def test_nobody_makes_one_up(data: str) -> None:
    assert BUTTONS.unpack(data) is None


def test_a_changed_word_another_key_and_another_account_do_not_fit() -> None:
    data = BUTTONS.pack("接单 隐12")
    assert BUTTONS.unpack(data.replace("12", "13")) is None
    assert Buttons(MasterKey(bytes(32)), "telegram").unpack(data) is None
    assert Buttons(KEYS, "other").unpack(data) is None


def test_at_most_fifty_six_bytes_of_words() -> None:
    assert len(BUTTONS.pack("字" * 18).encode()) == 62
    with pytest.raises(ValueError, match="too long"):
        BUTTONS.pack("字" * 19)


def test_what_no_encoding_holds_is_none_of_ours() -> None:
    assert BUTTONS.unpack("\ud800abcdefg上报") is None
    assert BUTTONS.unpack("abcdefgh\ud800") is None
