"""R11: anybody may object; a suspect is hidden first, somebody missing only by those who may; limits; never named."""

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.console import Console
from handlers.objections import rules
from handlers.objections.rules import Effect, Limit, Voice
from jobs.channel import Call, Impossible, Limits, Medium, Unsure
from storage import audit, objections, people
from storage.audit import AuditEntry
from storage.copies import Copy, CopyKind, CopyState
from storage.objections import ContestState
from tests.support.stage import texts
from tests.support.street import DELETES, KEEPS, TELEGRAM, Street, make_street

GROUPS = int(os.environ.get("RULES_GROUPS", "12"))
"""How many more groups of residents there are."""
PACE = 10.0


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """The county, a second at a time."""
    yield from make_street(tmp_path)


def faces(street: Street) -> list[str]:
    """Where a suspect's or a missing person's photo stands now; not in the talk of the author who sent it."""
    shown = [one for one in street.standing() if one.photo and ("协查" in one.text or "寻人" in one.text)]
    return [one.chat for one in shown if one.chat != "民警甲"]


def contest(street: Street, topic: str = "bulletin:1") -> objections.Contest | None:
    with street.stage.world.db.read() as session:
        return objections.last_on(session, topic)


def register(street: Street, name: str, *, named: str = "", household: str = "", phone: str = "") -> None:
    """What the station knows of somebody."""
    with street.stage.world.db.write() as session:
        person = people.behind(session, "play", name)
        assert person is not None
        people.describe(session, person, name=named, household=household, phone=phone)


def test_a_suspect_notice_on_its_way_stops_at_once_and_every_photo_goes_within_a_minute(street: Street) -> None:
    street.limit(Limits(per_second=PACE, in_flight=1))
    street.groups(GROUPS)
    street.suspect()
    street.later(GROUPS / PACE / 2)
    sent = len(street.standing("协查"))
    assert GROUPS / 3 < sent < GROUPS, "still on its way"
    began = street.now
    street.stranger("路人", "异议 协1 这是我哥，他不在那里")
    street.later(5)
    assert not [one for one in street.since(began + timedelta(seconds=5), "sent") if one.shown.photo]
    bound = max(60.0, 1.1 * len(street.standing("协查")) / PACE)
    street.later(GROUPS / PACE)
    street.later(bound - 5 - GROUPS / PACE, 5)
    assert not faces(street)
    frozen = [one for one in street.since(began, "sent", "协查") if one.shown.photo]
    assert len(frozen) <= 1, "no more than what was on the wire"
    hidden = street.since(began, "edited", "核实中")
    assert len(hidden) >= sent
    assert max(one.at for one in hidden) <= began + timedelta(seconds=bound)
    street.later(600, 20)
    assert not street.since(began + timedelta(seconds=bound), "sent", "特征：黑色外套")


def test_unanswered_for_half_an_hour_it_is_taken_back(street: Street) -> None:
    street.suspect()
    street.stranger("路人", "异议 协1")
    street.later(29 * 60 + 50, 60)
    assert len(street.standing("核实中")) >= 4
    street.later(70, 5)
    assert not street.standing("核实中")
    assert {one.chat for one in street.standing("特征：黑色外套")} <= {"民警甲"}
    found = contest(street)
    assert found is not None
    assert found.state is ContestState.UNANSWERED
    assert found.closed_at is not None
    assert found.closed_at - found.opened_at <= timedelta(minutes=31)


def test_dismissed_the_photo_comes_back_and_the_rest_still_leaves(street: Street) -> None:
    street.limit(Limits(per_second=PACE, in_flight=1))
    names = set(street.groups(GROUPS))
    street.suspect()
    street.later(1)
    before = {one.chat for one in street.standing("协查")} & names
    assert 0 < len(before) < GROUPS
    street.stranger("路人", "异议 协1")
    street.later(20 * 60, 30)
    street.say("所长", "异议不成立 协1 已核对，是本人")
    street.later(3 * GROUPS / PACE)
    street.later(60, 5)
    assert set(faces(street)) >= names
    assert not street.standing("核实中")


def test_the_picture_itself_is_handed_to_the_platform_again(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    street.suspect()
    handed: list[tuple[str, str, int]] = []
    plain = Console.edit

    async def edit(self: Console, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        handed.append((call.chat, call.outgoing.text[:8], len(shows)))
        await plain(self, call, platform_id, kind, shows)

    monkeypatch.setattr(Console, "edit", edit)
    street.stranger("路人", "异议 协1")
    street.later(30, 5)
    assert handed
    assert not [one for one in handed if one[2]]
    handed.clear()
    street.say("所长", "异议不成立 协1 已核对，是本人")
    street.later(30, 5)
    assert {one[0] for one in handed if one[2] == 1} >= {"大侯村居民群", "商户群", "义警群", "大侯村网格群"}
    handed.clear()
    street.say("民警甲", "撤回 协1")
    street.later(30, 5)
    assert not [one for one in handed if one[2]]


def test_dismissed_in_the_night_nothing_more_leaves_without_a_chiefs_word(street: Street) -> None:
    street.stage.clock.move(hours=11, minutes=38)
    street.limit(Limits(per_second=PACE, in_flight=1))
    names = set(street.groups(GROUPS))
    street.suspect()
    street.later(1)
    before = {one.chat for one in street.standing("协查")} & names
    street.stranger("路人", "异议 协1")
    street.later(20)
    street.later(3 * 60, 30)
    assert street.now.hour == 22
    street.say("所长", "异议不成立 协1 已核对，是本人")
    street.later(2 * GROUPS / PACE)
    assert set(faces(street)) & names == before


def test_where_nothing_is_taken_back_a_correction_leaves_within_a_minute(street: Street) -> None:
    street.account("keeps", KEEPS)
    street.account("deletes", DELETES)
    kept, deleting = set(street.groups(5, "keeps")), set(street.groups(5, "deletes"))
    street.suspect()
    shown = {one.chat: one for one in street.standing("协查")}
    assert kept <= set(shown)
    assert not any(shown[name].photo for name in kept | deleting)
    began = street.now
    street.stranger("路人", "异议 协1")
    street.later(60)
    corrected = {one.shown.chat for one in street.since(began - timedelta(seconds=1), "sent", "【更正】")}
    assert corrected >= kept | deleting
    assert not faces(street)
    assert not [one for one in street.standing() if one.chat in deleting and "认错人了？" in one.text]


@pytest.mark.parametrize("deletes", [True, False])
def test_where_an_edit_is_refused_the_photo_is_deleted_or_corrected(
    street: Street, monkeypatch: pytest.MonkeyPatch, deletes: bool
) -> None:
    street.able(TELEGRAM)
    street.suspect()
    plain = Console.edit

    async def edit(self: Console, call: Call, platform_id: str, kind: CopyKind, shows: tuple[Medium, ...] = ()) -> None:
        if call.chat == "商户群":
            raise Impossible("refused")
        await plain(self, call, platform_id, kind, shows)

    monkeypatch.setattr(Console, "edit", edit)
    if not deletes:
        street.stage.clock.move(hours=49)
        street.walk.pump()
    began = street.now - timedelta(seconds=1)
    street.stranger("路人", "异议 协1")
    street.later(60)
    assert [one for one in street.since(began, "sent", "核实中") if one.shown.chat == "商户群"]
    assert ("商户群" in faces(street)) is not deletes
    assert set(faces(street)) <= {"商户群"}


def test_a_copy_nobody_is_sure_of_is_dealt_with_too(street: Street) -> None:
    street.walk.console.faults["商户群"] = Unsure("no answer")
    street.suspect()
    street.later(600, 30)
    street.walk.console.faults.clear()
    with street.stage.world.db.read() as session:
        doubtful = session.scalars(select(Copy).where(Copy.topic == "bulletin:1", Copy.platform_id.is_(None))).all()
        assert doubtful
    began = street.now
    street.stranger("路人", "异议 协1")
    street.later(60)
    assert [one for one in street.since(began - timedelta(seconds=1), "sent", "核实中") if one.shown.chat == "商户群"]


def test_an_old_telegram_copy_is_hidden_and_closed_by_edits(street: Street) -> None:
    street.able(TELEGRAM)
    street.suspect()
    street.stage.clock.move(hours=49)
    street.walk.pump()
    street.stranger("路人", "异议 协1")
    street.later(60)
    assert not faces(street)
    street.say("所长", "异议成立 协1")
    street.later(60)
    assert {one.chat for one in street.standing("特征")} <= {"民警甲"}
    for name in ("大侯村居民群", "商户群", "义警群"):
        assert [one for one in street.standing("请勿再转发") if one.chat == name]
        assert [one for one in street.standing("当事人与案件无关") if one.chat == name]
    with street.stage.world.db.read() as session:
        states = {one.state for one in session.scalars(select(Copy).where(Copy.topic == "bulletin:1"))}
    assert states <= {CopyState.CLOSED, CopyState.DELETED}


@pytest.mark.parametrize("words", ["补发 协1", "继续 协1", "重发 1"])
def test_nobody_sends_more_of_it_while_it_waits(street: Street, words: str) -> None:
    street.walk.console.faults["商户群"] = Unsure("no answer")
    street.suspect()
    street.later(60, 10)
    street.walk.console.faults.clear()
    street.stranger("路人", "异议 协1")
    street.later(30)
    if words.startswith("重发"):
        with street.stage.world.db.read() as session:
            row = session.scalars(select(Copy).where(Copy.topic == "bulletin:1", Copy.platform_id.is_(None))).first()
        words = f"重发 {row.outbox_id}" if row is not None else words
    began = street.now
    said = texts(street.say("所长", words), "所长")
    assert said
    street.later(60)
    assert not [one for one in street.since(began, "sent", "特征：") if "核实中" not in one.shown.text]


def test_nobody_approves_another_notice_of_the_same_case_while_it_waits(street: Street) -> None:
    street.suspect()
    street.suspect("协2", approvers=("民警乙",))
    street.stranger("路人", "异议 协1")
    said = texts(street.say("所长", "批准 协2"), "所长")
    assert any("同一案子的 协1 有人提出异议" in one for one in said)
    assert not street.standing("编号 协2，有效至") or all(
        one.chat not in ("大侯村居民群", "商户群") for one in street.standing("编号 协2")
    )
    street.say("所长", "异议不成立 协1 已核对，是本人")
    street.say("所长", "批准 协2")
    assert "大侯村居民群" in [one.chat for one in street.standing("编号 协2")]


def test_one_objection_to_a_search_stops_widening_alone(street: Street) -> None:
    street.missing()
    before = [(one.chat, one.text, one.photo) for one in street.standing("【寻人")]
    began = street.now
    street.stranger("路人", "异议 寻1")
    street.later(120, 5)
    assert [(one.chat, one.text, one.photo) for one in street.standing("【寻人")] == before
    told = {one.shown.chat for one in street.since(began - timedelta(seconds=1), "sent", "寻1 有人提出异议")}
    assert told >= {"民警甲", "所长", "指挥室", "综合指挥室群", "派出所警务群"}
    street.say("民警甲", "扩圈 寻1")
    assert "幸福社区居民群" not in [one.chat for one in street.standing("【寻人")]
    street.say("民警甲", "异议不成立 寻1 家属在所里")
    street.say("所长", "复核 寻1")
    street.say("民警甲", "扩圈 寻1")
    assert "幸福社区居民群" in [one.chat for one in street.standing("【寻人")]


def test_a_search_is_hidden_by_two_households_that_are_known_and_differ(street: Street) -> None:
    street.missing()
    register(street, "居民丙", household="大侯村-077")
    register(street, "居民丁", household="大侯村-077")
    for who in ("居民丙", "居民丁"):
        street.say(who, "异议 寻1")
    street.stranger("路人", "异议 寻1")
    street.stranger("又一位", "异议 寻1")
    street.later(60, 5)
    assert faces(street), "one household and strangers whose household nobody knows"
    street.say("居民戊", "异议 寻1")
    street.later(60)
    assert not faces(street)
    assert not [one for one in street.standing("寻1 核实中") if "王" in one.text]


@pytest.mark.parametrize(
    ("who", "named", "known", "hides"),
    [
        ("居民甲", "", {}, True),
        ("民警甲", "", {}, True),
        ("民警丙", "", {}, False),
        ("居民丁", "王秀英", {}, True),
        ("路人", "王秀英", {}, False),
        ("路人", "王秀英", {"phone": "13900000001"}, True),
        ("路人", "王秀兰", {"phone": "13900000001"}, False),
        ("网格员甲", "", {}, False),
        ("网格员甲", "王秀英", {}, False),
    ],
)
def test_who_hides_a_search_alone(street: Street, who: str, named: str, known: dict[str, str], hides: bool) -> None:
    street.missing()
    if who == "路人":
        street.stranger(who, "帮助")
    if named:
        register(street, who, named=named, **known)
    if who == "路人":
        street.stranger(who, "异议 寻1")
    else:
        street.say(who, "异议 寻1")
    street.later(60, 5)
    assert (not faces(street)) is hides
    found = contest(street, "search:1")
    assert found is not None
    assert (found.state is ContestState.HIDDEN) is hides


def test_what_was_hidden_comes_back_by_another_than_who_published_it(street: Street) -> None:
    street.missing()
    street.say("居民甲", "异议 寻1")
    street.say("民警甲", "异议不成立 寻1 没错")
    street.later(60, 5)
    assert not faces(street)
    street.say("所长", "异议不成立 寻1 没错")
    street.later(60, 5)
    assert "大侯村居民群" in faces(street)
    assert [one for one in street.standing("王奶奶") if one.chat == "大侯村居民群"]


def test_nobody_hides_a_search_by_calling_themselves_like_the_missing(street: Street) -> None:
    street.missing()
    assert "派出所登记的" in "".join(texts(street.say("居民乙", "我叫王秀英"), "居民乙"))
    street.say("居民乙", "异议 寻1 这是我")
    street.later(60, 5)
    assert faces(street)


def test_erasing_oneself_wins_no_further_objections(street: Street) -> None:
    for number in range(1, 6):
        street.suspect(f"协{number}")
    for number in range(1, 4):
        street.say("居民丙", f"异议 协{number}")
        street.say("所长", f"异议不成立 协{number} 没错")
    street.say("居民丙", "删除我 确定")
    assert "一天最多提 3 次" in texts(street.say("居民丙", "异议 协4"), "居民丙")[-1]
    street.later(24 * 3600 + 60, 3600)
    street.say("居民丙", "异议 协4")
    street.say("所长", "异议不成立 协4 没错")
    street.say("居民丙", "删除我 确定")
    assert "这个账号" in texts(street.say("居民丙", "异议 协4"), "居民丙")[-1]
    with street.stage.world.db.read() as session:
        assert [objections.on(session, f"bulletin:{n}") for n in range(1, 6)] == [None] * 5


def test_once_a_notice_and_three_a_day(street: Street) -> None:
    for number in range(1, 6):
        street.suspect(f"协{number}")
    for number in range(1, 4):
        street.say("居民丙", f"异议 协{number}")
        street.say("居民丙", f"异议 协{number}")
    street.say("居民丙", "异议 协4")
    with street.stage.world.db.read() as session:
        assert [objections.last_on(session, f"bulletin:{n}") is not None for n in range(1, 6)] == [
            *[True] * 3,
            *[False] * 2,
        ]
    began = street.now
    said = texts(street.say("居民丙", "异议 协4"), "居民丙")
    assert any("一天最多提 3 次" in one for one in said)
    assert not [one for one in street.since(began - timedelta(seconds=1)) if "协4 有人提出异议" in one.shown.text]
    for number in range(1, 4):
        street.say("所长", f"异议不成立 协{number} 没错")
        street.say("居民丙", f"异议 协{number}")
    with street.stage.world.db.read() as session:
        assert not objections.any_open(session)
    street.stage.clock.move(hours=24)
    street.walk.pump()
    street.say("居民丙", "异议 协4")
    with street.stage.world.db.read() as session:
        assert objections.hides(session, "bulletin:4")


def test_whoever_objected_is_named_to_nobody(street: Street) -> None:
    street.suspect()
    began = street.now - timedelta(seconds=1)
    street.say("居民甲", "异议 协1 我弟弟，13912345678")
    street.say("所长", "问异议 协1 他在哪里")
    street.say("居民甲", "异议 协1 在医院")
    street.say("民警甲", "异议成立 协1")
    street.later(60)
    others = [one.shown for one in street.since(began) if one.shown.chat != "居民甲"]
    assert others
    assert not [one for one in others if "居民甲" in one.text or "13912345678" in one.text]
    groups = [one for one in others if one.chat.endswith("群")]
    assert not [one for one in groups if "弟弟" in one.text or "医院" in one.text]
    with street.stage.world.db.read() as session:
        person = people.named(session, "居民甲")
        chain = session.scalars(select(AuditEntry).where(AuditEntry.topic == "bulletin:1")).all()
        assert person is not None
    assert {
        "object",
        "objection hides",
        "objection asks",
        "recall",
        "objection upheld",
    } <= {one.action for one in chain}
    assert person.id not in [one.actor_id for one in chain]
    assert all(two.previous == one.hash for one, two in pairwise(_whole_chain(street)))


def _whole_chain(street: Street) -> list[AuditEntry]:
    with street.stage.world.db.read() as session:
        chain = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert chain[0].previous == audit.START
    return chain


def test_an_ended_notice_says_that_it_is_over_and_an_unknown_one_that_there_is_none(street: Street) -> None:
    street.suspect()
    street.say("所长", "撤回 协1")
    assert any("已经结束" in one for one in texts(street.say("居民丙", "异议 协1"), "居民丙"))
    street.suspect("协2", approvers=())
    unknown = texts(street.say("居民丙", "异议 协2"), "居民丙")
    nothing = texts(street.say("居民丙", "异议 协9"), "居民丙")
    assert [one.replace("协2", "协9") for one in unknown] == nothing
    with street.stage.world.db.read() as session:
        assert not objections.any_open(session)


def test_who_objected_is_forgotten_after_the_time_for_tips(street: Street) -> None:
    street.suspect()
    street.say("居民丙", "异议 协1 不是他")
    street.say("所长", "异议成立 协1")
    street.stage.clock.move(days=91)
    street.walk.pump()
    with street.stage.world.db.read() as session:
        (one,) = session.scalars(select(objections.Objection)).all()
        assert objections.person_of(session, one) is None
        assert objections.words_of(session, one) == ""
        assert one.origin is None
        assert one.words is None


@pytest.mark.parametrize(
    ("suspect", "voice", "earlier", "does"),
    [
        (True, Voice(), (), Effect.HIDE),
        (False, Voice(), (), Effect.FREEZE),
        (False, Voice(officer=True), (), Effect.HIDE),
        (False, Voice(concerned=True), (), Effect.HIDE),
        (False, Voice(household="a"), (), Effect.FREEZE),
        (False, Voice(household="a"), ("a",), Effect.FREEZE),
        (False, Voice(household="a"), (None, None), Effect.FREEZE),
        (False, Voice(), ("a",), Effect.FREEZE),
        (False, Voice(household="a"), ("b",), Effect.HIDE),
        (False, Voice(), ("a", "b"), Effect.HIDE),
        (False, Voice(household=""), ("a", ""), Effect.FREEZE),
    ],
)
def test_what_an_objection_does(suspect: bool, voice: Voice, earlier: tuple[str | None, ...], does: Effect) -> None:
    assert rules.effect(suspect, voice, earlier) is does


@pytest.mark.parametrize(
    ("before", "lately", "limit"),
    [(False, 0, None), (False, 2, None), (False, 3, Limit.DAY), (False, 9, Limit.DAY), (True, 0, Limit.AGAIN)],
)
def test_limits(before: bool, lately: int, limit: Limit | None) -> None:
    assert rules.limit(before, lately) is limit


def test_spans_are_the_rules_own() -> None:
    assert rules.ANSWER_WITHIN == timedelta(minutes=30)
    assert (rules.A_DAY, rules.DAY) == (3, timedelta(hours=24))


@pytest.mark.parametrize(
    ("suspect", "hidden", "own", "may"),
    [
        (True, True, True, False),
        (True, True, False, True),
        (False, True, True, False),
        (False, False, True, True),
        (False, True, False, True),
    ],
)
def test_who_may_say_that_it_stays(suspect: bool, hidden: bool, own: bool, may: bool) -> None:
    assert rules.may_restore(suspect, hidden, own) is may
