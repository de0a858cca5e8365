"""What holds of every kind of case: its code can be said, its words are there, its fields are a closed list."""

import sys
from subprocess import run

import pytest
from sqlalchemy import select

from handlers.dialogue.kinds import all_kinds
from handlers.reading.codes import PREFIXES, codes
from storage import cases, purposes, tables
from storage.cases import Case
from storage.talks import Talk
from tests.support.stage import Stage, words

KINDS = cases.kinds()
assert tables.METADATA.tables


def test_names_and_letters_are_each_kinds_own() -> None:
    assert len({one.name for one in KINDS}) == len(KINDS)
    assert len({one.letter for one in KINDS}) == len(KINDS)
    assert all(cases.lettered(one.letter) is one for one in KINDS)
    assert cases.lettered("报") is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_its_code_is_read(kind: type[Case]) -> None:
    assert kind.letter in PREFIXES
    assert [str(one) for one in codes(f"进度 {kind.letter}12")] == [f"{kind.letter}12"]
    assert [str(one) for one in codes(f"{kind.letter}十二")] == [f"{kind.letter}12"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_every_state_has_its_words_and_can_be_reached(kind: type[Case]) -> None:
    states = set(kind.moves)
    assert set(kind.over) <= states
    first = states - {one for targets in kind.moves.values() for one in targets}
    assert len(first) <= 1, "it begins in one state"
    for state in states:
        assert words().has(f"{kind.__tablename__}.state.{state}"), state
        assert kind.moves[state] <= states


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_what_it_may_hold_is_a_closed_list(kind: type[Case]) -> None:
    assert isinstance(purposes.TABLES[kind.__tablename__], purposes.Said)
    for column in ("private", "origin"):
        fields = purposes.FIELDS[f"{kind.__tablename__}.{column}"]
        assert fields
        with pytest.raises(purposes.ExtraField):
            purposes.require(f"{kind.__tablename__}.{column}", next(iter(fields)), {"id_card": "x"})


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_the_words_several_kinds_share_find_it(kind: type[Case]) -> None:
    known = all_kinds()[kind.name]
    assert kind.letter in known.letters


def test_every_kind_is_known_in_whatever_order_rooms_are_loaded() -> None:
    """Loading retention first once left out the kinds loaded after it: nothing of theirs was ever erased."""
    asked = (
        "from jobs import retention; retention.PARTS; from storage import cases, tables;"
        "names = {one.__tablename__ for one in cases.Case.__subclasses__()};"
        "assert {one.__tablename__ for one in cases.kinds()} == names, names"
    )
    run([sys.executable, "-c", asked], check=True, timeout=60)


def test_what_is_open_is_what_the_session_knows_already(stage: Stage) -> None:
    """A kind has columns of its own before those all cases have; a row is known by its id all the same."""
    stage.say("网格员甲", "夜话 明晚7点 老槐树下")
    with stage.world.db.write() as session:
        known = session.scalars(select(Talk)).one()
        found = cases.open_ones(session, Talk, [known.area_id], 0)
        assert [one is known for one in found] == [True]
    with stage.world.db.read() as session:
        found = cases.open_ones(session, Talk, [known.area_id], 0)
        assert found[0] is cases.open_ones(session, Talk, (), known.handler_id or 0)[0]
