"""R4: role × command × kind of chat × area; what has no row is refused.

The table is held against one written out by hand, every cell of it is asked, and what touches a record by its code is
said for real by people who hold every role, but elsewhere. Each role × command is said for real in
`tests/handlers/dialogue/test_matrix_said.py`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from handlers.dialogue import access, command
from handlers.dialogue.access import MATRIX, Refusal, Rule
from handlers.dialogue.message import Quoted
from handlers.dialogue.scene import Actor, Hold
from storage import areas, doubts, people
from storage.areas import Area
from storage.chats import ChatKind
from storage.people import Role
from storage.tables import METADATA
from tests.handlers.dialogue.test_matrix_said import answered, place, who
from tests.support.stage import Stage, texts
from tests.test_dialogs import FAULTS, UNITS

DATA = Path(__file__).parent / "data"
ELSEWHERE = ("幸福社区", "水头村", "石桥镇")
"""Another village, a part of this one, another town."""
WRITTEN_DOWN = {"inbox", "outbox", "contents", "content_media"}
"""Where a message and its answer lie; they may grow, nothing else may."""
OWN = "/1/3/"
AREAS = {
    "none named": (None, True),
    "own": (OWN, True),
    "child": (OWN + "8/", True),
    "parent": ("/1/", False),
    "sibling": ("/1/4/", False),
    "cousin": ("/2/9/", False),
}


@cache
def expected() -> Mapping[str, Rule]:
    """The table written out by hand."""
    rows = {}
    for line in (DATA / "access.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            word, roles, chats = line.split("\t")
            whoever = frozenset(Role) if roles == "居民" else frozenset(Role(one) for one in roles.split())
            kinds = frozenset(ChatKind) if chats == "anywhere" else frozenset(ChatKind(one) for one in chats.split())
            rows[word] = Rule(whoever, kinds)
    return rows


@cache
def touching() -> Mapping[str, Any]:
    """What commands do to records of others."""
    return tomllib.loads((DATA / "touching.toml").read_text(encoding="utf-8"))


def test_the_table_is_the_one_written_out() -> None:
    assert dict(MATRIX) == dict(expected()), "tests/rules/data/access.tsv"


def test_a_command_without_a_row_does_not_pass() -> None:
    assert {one.word for one in command.main_commands()} == set(expected())


def standing(role: Role) -> Actor:
    """Somebody who has this one role over one area."""
    return Actor(1, (Hold(role, 3, OWN),))


def at(path: str | None) -> Area | None:
    """An area somewhere."""
    return None if path is None else Area(name="x", level=areas.Level.GRID, path=path, aliases=[])


@pytest.mark.parametrize("role", list(Role))
def test_every_cell(role: Role) -> None:
    """Role × command × kind of chat × area; what the function says, what raising says, and the same for both."""
    actor, cells = standing(role), 0
    for word, rule in expected().items():
        for kind in ChatKind:
            for where, (path, inside) in AREAS.items():
                everybody = rule.roles == frozenset(Role)
                held = (role in rule.roles or (everybody and path is None)) and inside
                said = access.may(actor, word, kind, at(path))
                assert said is (held and kind in rule.chats), f"{role} {word} in {kind}, area {where}"
                assert raises(access.require, actor, word, at(path)) is not held, f"{role} {word}, area {where}"
                cells += 1
            may_here = role in rule.roles and kind in rule.chats
            assert raises(access.check, actor, word, kind) is not may_here, f"{role} {word} in {kind}"
    assert cells == len(MATRIX) * len(ChatKind) * len(AREAS)


@pytest.mark.parametrize("word", sorted(expected()))
def test_somebody_without_any_role_may_what_everybody_may_and_no_area(word: str) -> None:
    stranger, everybody = Actor(0), expected()[word].roles == frozenset(Role)
    for kind in ChatKind:
        assert access.may(stranger, word, kind) is (everybody and kind in expected()[word].chats)
        assert not access.may(stranger, word, kind, at(OWN))
    assert raises(access.require, stranger, word, at(OWN))


def raises(function: Any, *arguments: Any) -> bool:  # noqa: ANN401 - any door of access
    """Whether it refuses."""
    try:
        function(*arguments)
    except Refusal:
        return True
    return False


def test_what_has_no_row_is_refused_to_everybody() -> None:
    for role in Role:
        for kind in ChatKind:
            assert not access.may(standing(role), "新命令", kind)
            assert raises(access.check, standing(role), "新命令", kind)
        assert raises(access.require, standing(role), "新命令", None)


def test_every_command_says_what_it_touches() -> None:
    touched = [one["word"] for one in touching()["touch"]]
    assert sorted([*touched, *touching()["none"]]) == sorted(MATRIX), "tests/rules/data/touching.toml"


@dataclass(frozen=True, slots=True)
class Case:
    """A record of 大侯村, and what is said to it."""

    word: str
    before: list[list[str]]
    who: str
    says: str
    chat: str | None
    shows: str
    open: str


CASES = [
    Case(
        one["word"],
        one.get("before", []),
        one["who"],
        one["says"],
        one.get("chat"),
        one.get("shows", ""),
        one.get("open", ""),
    )
    for one in touching()["touch"]
]


def rows(stage: Stage) -> dict[tuple[object, ...], dict[str, object]]:
    """Everything the database holds, by table and key."""
    found: dict[tuple[object, ...], dict[str, object]] = {}
    with stage.world.db.read() as session:
        for table in METADATA.sorted_tables:
            for row in session.execute(select(table)).mappings():
                key = (table.name, *(row[column.name] for column in table.primary_key.columns))
                found[key] = dict(row)
    return found


def changed(before: dict[Any, Any], after: dict[Any, Any]) -> list[str]:
    """Tables in which something stands that did not, but for the message itself and its answer."""
    same = {key for key in before if after.get(key) == before[key]}
    touched = {key[0] for key in (*before, *after) if key not in same and (key in before or key[0] not in WRITTEN_DOWN)}
    return sorted(touched)


def prepare(stage: Stage, case: Case) -> str:
    """Make the record; what is said to it."""
    for step in case.before:
        if step[0] == "wire":
            stage.play.console.faults[step[1]] = FAULTS[step[2]]
        elif step[0] == "later":
            stage.later(**{UNITS[step[1][-1]]: float(step[1][:-1])})
        else:
            stage.say(step[0], step[1])
    with stage.world.db.read() as session:
        row = next(iter(doubts.waiting(session)), None)
    return case.says.format(row=row.id if row is not None else 0)


def mighty(stage: Stage, area: str) -> str:
    """Somebody who holds every role there is, over one area; their name."""
    name = place(stage, Role.OFFICER, area, f"某{area}人")
    with stage.world.db.write() as session:
        person, where = people.named(session, name), areas.named(session, area)
        assert person is not None
        assert where is not None
        for role in Role:
            people.grant(session, person.id, role, where.id, stage.world.now())
    return name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.word)
def test_who_is_of_the_area_can_and_who_is_from_elsewhere_neither_changes_nor_reads(stage: Stage, case: Case) -> None:
    """A button says what could be typed: pressing somebody else's is refused like typing it."""
    strangers = [mighty(stage, area) for area in ELSEWHERE]
    says = prepare(stage, case)
    before = rows(stage)
    for name in strangers[:1] if case.open else strangers:
        for kind in ("message", "button"):
            said = answered(stage, name, says, case.chat, kind=kind)
            assert said or kind == "button"
            if case.open:
                assert changed(before, rows(stage)), f"closed now: {said}"
                return
            assert changed(before, rows(stage)) == [], f"{name} by {kind}: {said}"
            assert not case.shows or case.shows not in said
    said = answered(stage, case.who, says, case.chat)
    assert case.shows in said
    assert case.shows or changed(before, rows(stage)), said


@pytest.mark.parametrize("role", list(Role))
def test_a_button_is_refused_to_whom_the_word_is(stage: Stage, role: Role) -> None:
    name = place(stage, role, "大侯村")
    for word, rule in expected().items():
        if role not in rule.roles:
            said = answered(stage, name, word, name, kind="button")
            assert who(stage, word) in said, f"{role} {word}: {said}"


def test_the_button_of_somebody_elses_guided_talk_answers_nothing(stage: Stage) -> None:
    asked = stage.say("居民甲", "提醒 交电费")[0]
    label, does = asked.buttons[0]
    before = rows(stage)
    pressed = stage.play.say("居民乙", does, kind="button", reply_to=Quoted(asked.message_id, from_bot=True))
    assert stage.world.words.sentences["form.old_button"] in texts(pressed)
    after = rows(stage)
    for table in ("forms", "reminders"):
        assert [one for key, one in before.items() if key[0] == table] == [
            one for key, one in after.items() if key[0] == table
        ], label
    assert "提1" in "".join(texts(stage.press("居民甲", asked, label))), "its owner's press does answer"


def test_rows_are_seen_to_change(stage: Stage) -> None:
    """The look at the whole database is no empty one."""
    before = rows(stage)
    stage.say("居民甲", "上报 村口路灯坏了")
    assert {"incidents", "data_keys", "counters"} <= set(changed(before, rows(stage)))


def everything() -> Iterator[str]:
    """Every word of a command, however it can be said."""
    for one in command.main_commands():
        yield from one.words


def test_other_words_for_a_command_have_its_row() -> None:
    assert {command.all_commands()[word].word for word in everything()} == set(MATRIX)
