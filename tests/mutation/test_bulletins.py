"""The rules of approval, quiet hours and cleaning, at their edges; what the gate's small helpers give."""

import hashlib
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.bulletins import gate, rules
from handlers.bulletins.rules import Yes

ZONE = ZoneInfo("Asia/Shanghai")
TEN, SEVEN = time(22), time(7)


def at(hour: int, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    """A moment of one day."""
    return datetime(2026, 11, 18, hour, minute, second, micro, tzinfo=ZONE)


def test_a_routine_notice_needs_one_yes_where_it_needs_any() -> None:
    assert not rules.complete("反", 1, [], needs_confirm=True)
    assert not rules.complete("反", 1, [Yes(1, True)], needs_confirm=True)
    assert rules.complete("反", 1, [Yes(2, False)], needs_confirm=True)
    assert rules.complete("反", 1, [], needs_confirm=False)
    assert not rules.complete(rules.SUSPECT, 1, [Yes(2, False)], needs_confirm=False)


def test_how_long_an_asked_for_yes_counts() -> None:
    assert rules.approval_window(rules.SUSPECT, timedelta(minutes=7)) == timedelta(minutes=7)
    assert rules.approval_window("反", timedelta(minutes=7)) == rules.ROUTINE_APPROVAL


def test_what_is_approved_is_hashed_byte_for_byte() -> None:
    written = '{"groups":[1,2],"text":"防骗"}'.encode()
    assert rules.content_hash({"text": "防骗", "groups": [1, 2]}) == hashlib.sha256(written).hexdigest()


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        (at(21, 59, 59), False),
        (at(22), True),
        (at(6, 59, 59), True),
        (at(7), False),
    ],
)
def test_the_night_begins_and_ends_on_the_stroke(moment: datetime, quiet: bool) -> None:
    assert rules.is_quiet(moment, TEN, SEVEN) is quiet


def test_quiet_hours_by_day() -> None:
    noon, two = time(12), time(14)
    assert [rules.is_quiet(at(hour), noon, two) for hour in (11, 12, 13, 14)] == [False, True, True, False]
    assert not rules.is_quiet(at(12), noon, noon), "from noon to noon is never"
    assert not rules.is_quiet(at(13), noon, noon)


def test_the_end_of_the_night_is_a_whole_minute() -> None:
    assert rules.after_quiet(at(23, 12, 13, 14), TEN, time(7, 30)) == at(7, 30) + timedelta(days=1)
    assert rules.after_quiet(at(1, 12, 13, 14), TEN, time(7, 30)) == at(7, 30)
    assert rules.after_quiet(at(12), TEN, SEVEN) == at(12)


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("半天有效", timedelta(hours=12)),
        ("半个小时有效", timedelta(minutes=30)),
        ("两个星期内有效", timedelta(days=14)),
        ("3天有效", timedelta(days=3)),
        ("99天有效", rules.LONGEST),
    ],
)
def test_for_how_long_a_notice_counts(words: str, span: timedelta) -> None:
    assert rules.lasting(f"河边危险，{words}") == ("河边危险", span)


@pytest.mark.parametrize("sign", ["\x07", "\u200b", "\ud800", "\u2028", "\u2029"])
def test_no_sign_nobody_sees_is_shown(sign: str) -> None:
    assert rules.cleaned(f"请{sign}看\n\n\n\n好 ") == "请看\n\n好"


LINK, OTHER = "https://example.org/a/1", "https://example.org/b"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (f"电话13912345678，看{LINK}，再看{OTHER}，电话13812345678", ("13912345678", "13812345678")),
        (f"看https://example.org/13912345678，再看{LINK}", ("13912345678",)),
        (f"看https://example.org/410122194803071221，再看{LINK}", ("410122194803071221",)),
    ],
)
def test_links_stay_and_numbers_go_wherever_they_stand(words: str, shown: tuple[str, ...]) -> None:
    said = rules.masked(words, (), public=True)
    assert not any(number in said for number in shown)
    assert LINK in said
    assert said.startswith(words[:1])
    assert (OTHER in said) is (OTHER in words)
    assert said.count("看") == words.count("看")


def test_what_the_station_keeps_is_kept_on_both_sides_of_a_link() -> None:
    line = "0371-62345678"
    words = f"所里电话{line}，{LINK}，也可打{line}"
    assert rules.masked(words, (line,), public=True) == words
    assert line not in rules.masked(words, (), public=True)
    inside = f"https://example.org/{'13912345678'}"
    assert rules.masked(f"看{inside}", ("13912345678",), public=True) == f"看{inside}"


def test_doors_go_from_public_words_only() -> None:
    words = f"大侯村58号，{LINK}，中山路18号"
    public, team = rules.masked(words, (), public=True), rules.masked(words, (), public=False)
    assert "58" not in public
    assert "18" not in public
    assert team == words


def test_a_time_is_read_as_one_that_is_past() -> None:
    now = at(10, 20)
    shown = gate.when_shown("下午3点", now)
    assert shown == gate.when_shown("昨天下午3点", now), "the last three o'clock there was"


def test_without_a_name_the_marks_stay_letter_for_letter() -> None:
    assert gate.without_name_and_school("X型腿、穿XX") == "X型腿、穿XX"


@pytest.mark.parametrize(("when", "lack"), [("下午3点", []), ("每天下午3点", [gate.Lack.TIME]), ("", [gate.Lack.TIME])])
def test_a_time_that_has_no_day_is_the_last_there_was(when: str, lack: list[gate.Lack]) -> None:
    assert list(gate.time_lack(when, at(10, 20))) == lack


def test_a_place_of_letters_is_a_place() -> None:
    assert gate.has_place("XX小区") == gate.has_place("小区XX") == gate.has_place("阳光小区")
