"""R12: the informer is unseen. Canaries: every teller has an account, a name and words found nowhere else.

Who may see what of a tip, and nobody else does:

- name and account: the teller in 我的数据; of others only by a disclosure (R13), which is not used here
- the words: their teller; the taker, all of them; the officers nearest to the place (and after an hour the desk),
  masked; the officers of the search or notice it answers; the taker of what it was merged into; all of it privately
- its number: the teller and those of the team, privately
- its receipt: the teller, once

RULES_CANARIES says how many tellers there are (60; 1000 take some minutes).
"""

import io
import logging
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from bot import logs
from bot.channels.console import ACCOUNT, Shown
from bot.metrics import Metrics, WorldMetrics
from handlers.dialogue import turn
from handlers.incidents import actions
from jobs.channel import Impossible, NotNow, Unsure
from storage import chats, contents, inbox, incidents, media, people
from storage.backup import backup
from storage.contents import Content
from storage.inbox import InboxRow
from storage.incidents import IncidentKind
from storage.media import Medium, MediumKind
from storage.receipts import Receipt
from storage.tables import METADATA
from tests.bot.test_health import ask, look
from tests.support.informers import (
    CANARY,
    CANARY_BYTES,
    CODE,
    DESK,
    GROUP,
    OFFICER,
    TEAM,
    WORKER,
    Teller,
    Town,
    tellers,
)
from tests.support.stage import Stage, texts

MANY = int(os.environ.get("RULES_CANARIES", "60"))
REACHED_BY = {("chats", "platform_id"), ("inbox", "queue")}
"""Where a chat is reached; no record stands beside it."""

ABSENT = "线99999"
WALKS = (
    "进度 {c}",
    "{c}",
    "补充 {c} 路过",
    "撤销 {c}",
    "接单 {c}",
    "办结 {c} 好了",
    "转派 {c} 网格员甲",
    "重开 {c}",
    "合并 {c} 线99998",
    "问线索 {c} 几点钟",
    "查身份 {c} 想知道是谁报的呀",
    "同意查身份 {c}",
    "查看 {c}",
)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Everything the process writes to its error output, at DEBUG."""
    root, found = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", found)
    logs.set_up("DEBUG", "text")
    yield found
    root.handlers[:] = handlers
    root.setLevel(level)


def test_canaries_are_found_nowhere(
    stage: Stage, tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, everybody, metrics = Town(stage), tellers(MANY), Metrics()
    stage.play.dispatcher.watcher = WorldMetrics(metrics, "playground")
    monkeypatch.setattr(turn, "BUDGET", 0.0)
    monkeypatch.setattr(actions, "record", _poisoned(everybody))
    _open_a_search_and_a_notice(town)
    _live(town, everybody)
    for one in (15, 46):
        town.later(minutes=one)
    _look_at_what_was_shown(town, everybody)
    sheet = _sheet(town)
    assert sheet
    assert CANARY_BYTES.findall(sheet) == []
    assert CANARY.findall(ask([look(stage)], "/metrics", metrics).text) == []
    _look_into_the_files(stage, tmp_path, everybody)
    _look_for_links(stage, everybody)
    for teller in everybody:
        town.end(teller)
    _look_at_what_was_shown(town, everybody)
    _look_into_the_files(stage, tmp_path, everybody)
    town.later(days=100)
    _all_erased(stage, everybody)
    _look_at_what_was_shown(town, everybody)
    _look_into_the_files(stage, tmp_path, everybody)
    _look_for_links(stage, everybody)
    said = log.getvalue()
    for sure in ("turn failed", "slow turn", "call failed", "swept"):
        assert sure in said
    assert CANARY.findall(said) == []
    assert [one.code for one in everybody if one.receipt and one.receipt in said] == []


def _poisoned(everybody: list[Teller]) -> Any:  # noqa: ANN401 - a stand-in of any shape
    """What keeps an incident, failing for the poison ones with an error that quotes all."""
    real, poison = actions.record, {one.words: one for one in everybody if one.fate == "poison"}

    def record(session: Any, scene: Any, telling: Any, words: str, *more: Any) -> Any:  # noqa: ANN401
        for canary, one in poison.items():
            if canary in words:
                raise RuntimeError(words, one.name, one.account)
        return real(session, scene, telling, words, *more)

    return record


def _open_a_search_and_a_notice(town: Town) -> None:
    town.say("居民甲", "寻人 我奶奶王秀英今天早上8点走丢了，78岁，穿蓝色棉袄，水头村村口，有老年痴呆")
    for answer in ("同意", "不知道", "不知道", "不知道", "不知道", "不知道", "不知道", "同意", "不知道"):
        town.say("居民甲", answer)
    town.say(OFFICER, "核实 寻1 有危险")
    town.say(OFFICER, "核实 寻1 依法")
    town.say(OFFICER, "反诈 冒充客服退款诈骗高发，不要转账")
    town.say(OFFICER, "发送 反1")
    town.say("民警乙", "批准 反1")
    assert any("冒充客服" in one.text for one in town.seen if one.chat == GROUP)


def _live(town: Town, everybody: list[Teller]) -> None:
    before: Teller | None = None
    for number, teller in enumerate(everybody):
        if teller.fate == "cut off":
            fault = _faults(teller)[number // 10 % 4]
            town.stage.play.console.faults |= dict.fromkeys((GROUP, teller.account, TEAM, OFFICER), fault)
        shown = town.tell(teller)
        town.stage.play.console.faults.clear()
        by_receipt = Teller(f"居民{'乙丙丁'[number % 3]}", "x", teller.words, "")
        town.live(teller, shown, before, by_receipt)
        if teller.fate == "taken":
            before = teller
    assert all(one.code and one.receipt for one in everybody if one.fate not in ("poison", "cut off"))


def _faults(teller: Teller) -> tuple[Any, ...]:
    """Ways in which a channel fails, the first of them nobody expects and quoting all."""
    odd = RuntimeError(teller.words, teller.name, teller.account)
    return odd, NotNow("platform down"), Unsure("no answer"), Impossible("refused")


def _look_at_what_was_shown(town: Town, everybody: list[Teller]) -> None:
    """No group shows a canary or a tip's number; privately only those who may see it do."""
    by_words = {one.words: one for one in everybody}
    own = {one.account: one for one in everybody}
    for shown in town.seen:
        all_of_it = f"{shown.text} {shown.buttons} {shown.file}"
        found = set(CANARY.findall(all_of_it))
        if shown.chat.endswith("群"):
            assert not found, shown
            assert not CODE.search(all_of_it), shown
            continue
        for canary in found:
            if canary in by_words:
                teller = by_words[canary]
                seers = {teller.account, teller.taker, OFFICER, DESK} if teller.taker != WORKER else {
                    teller.account, WORKER, OFFICER, DESK
                }  # fmt: skip
                assert shown.chat in seers, shown
            else:
                assert shown.chat in own, shown
                assert canary in (own[shown.chat].name, own[shown.chat].account), shown
    assert any(teller.words in one.text for teller in everybody for one in town.seen if one.chat == OFFICER)


def _sheet(town: Town) -> bytes:
    """What somebody who asks for a report of the notice gets as a file, unpacked."""
    town.say(OFFICER, "发送情况 反1")
    with town.stage.world.db.read() as session:
        made = session.scalars(select(Medium.id).where(Medium.kind == MediumKind.FILE)).all()
        blobs = [blob for one in made if (blob := media.blob_of(session, one))]
    return b"".join(
        package.read(name)
        for blob in blobs
        for package in [zipfile.ZipFile(io.BytesIO(blob))]
        for name in package.namelist()
    )


def _look_into_the_files(stage: Stage, tmp_path: Path, everybody: list[Teller]) -> None:
    """The database with its log, and both files of a backup, byte by byte; an account only where a chat is reached."""
    files = [tmp_path / "copy.db", tmp_path / "copy.keys"]
    backup(stage.world.db, *files)
    raw = b"".join(file.read_bytes() for file in [*tmp_path.glob("stage.db*"), *files])
    found = {one.decode() for one in CANARY_BYTES.findall(raw)}
    assert found <= {one.account for one in everybody}
    receipts = {one.receipt for one in everybody if one.receipt}
    assert receipts.isdisjoint(one.decode() for one in re.findall(rb"\d{4} \d{4} \d{4} \d{4}", raw))
    bare = {digits.replace(" ", "") for digits in receipts}
    for run in re.findall(rb"\d{16,}", raw):
        assert bare.isdisjoint(run[start : start + 16].decode() for start in range(len(run) - 15))
    with stage.world.db.read() as session:
        for table in METADATA.sorted_tables:
            for row in session.execute(select(table)).mappings():
                for column, value in row.items():
                    seen = not isinstance(value, bytes) and CANARY.search(str(value))
                    assert not seen or (table.name, str(column)) in REACHED_BY, (table.name, column)


def _look_for_links(stage: Stage, everybody: list[Teller]) -> None:
    """No row of any table puts a teller, or the chat in which one is reached, beside a tip."""
    with stage.world.db.read() as session:
        known = [people.behind(session, ACCOUNT, one.account) for one in everybody]
        persons = {one.id for one in known if one is not None}
        talks = {chat.id for one in everybody if (chat := chats.at(session, ACCOUNT, one.account)) is not None}
        assert talks
        tips = set(session.scalars(select(incidents.Incident.id).where(incidents.Incident.kind == IncidentKind.TIP)))
        topics = {f"incident:{one}" for one in tips}
        for table in METADATA.sorted_tables:
            cases, people_, places = _columns(table)
            for row in session.execute(select(table)).mappings() if cases else ():
                about = any(row[one] in tips or row[one] in topics for one in cases)
                beside = any(row[one] in persons for one in people_) or any(row[one] in talks for one in places)
                assert not (about and beside), table.name


def _columns(table: Table) -> tuple[list[str], list[str], list[str]]:
    """The columns of a table that name a case, a person, a chat."""

    def to(name: str) -> list[str]:
        return [one.name for one in table.columns if any(key.column.table.name == name for key in one.foreign_keys)]

    cases = [*to("incidents"), *(one.name for one in table.columns if one.name == "topic")]
    if table.name == "incidents":
        cases.append("id")
    return cases, [*to("people"), *(one.name for one in table.columns if one.name == "actor_id")], to("chats")


def _all_erased(stage: Stage, everybody: list[Teller]) -> None:
    """All tips are tombstones, and no receipt is left."""
    with stage.world.db.read() as session:
        for one in everybody:
            assert not one.code or incidents.numbered(session, IncidentKind.TIP, int(one.code[1:])) is None, one.fate
        assert session.scalars(select(Receipt.id)).all() == []


def test_codes_cannot_be_walked(stage: Stage) -> None:
    """A stranger, and the team of another area, hear of somebody's tip what they hear of a number that is none."""
    town, (teller, *_) = Town(stage), tellers(1)
    town.tell(teller)
    for who, group in (
        ("居民乙", None), ("居民乙", GROUP), ("网格员丙", None), ("网格员丙", "东岭村网格群"), ("民警丙", None),
        ("民警丙", GROUP), ("保密员", None), ("商户乙", "幸福社区居民群"),
    ):  # fmt: skip
        for walk in WALKS:
            if who == "保密员" and walk.startswith("同意"):
                continue
            heard = [_heard(stage, who, walk.format(c=code), group, code) for code in (teller.code, ABSENT)]
            assert heard[0] == heard[1], (who, group, walk)


def _heard(stage: Stage, who: str, said: str, group: str | None, code: str) -> list[tuple[object, ...]]:
    return [
        (one.what, one.chat, one.text.replace(code, "线N"), [(a, b.replace(code, "线N")) for a, b in one.buttons])
        for one in stage.say(who, said, group)
    ]


def test_wrong_numbers_are_braked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody's wrong receipts together are braked, too, and leaving wins nobody a further try."""
    town, (teller, *_) = Town(stage), tellers(1)
    town.tell(teller)
    for number in range(5):
        assert texts(stage.say("居民乙", f"回执 9999 0000 1111 {number:04}"))[0].startswith("查不到这个回执号")
    stage.say("居民乙", "退出 确定")
    again = texts(stage.say("居民乙", f"回执 {teller.receipt}"))
    assert any("查不到这个回执号" in one for one in again)
    assert not any("您的线索" in one for one in again)
    assert "您的线索" in texts(stage.say("居民丙", f"回执 {teller.receipt}"))[0]
    monkeypatch.setattr("handlers.receipts.rules.ALL_TRIES", 5)
    assert texts(stage.say("居民丙", f"回执 {teller.receipt}"))[0].startswith("查不到这个回执号")


def test_a_receipt_is_forgotten_once_it_is_shown(stage: Stage) -> None:
    """What showed it is dropped with the sending, not a day later; neither 我的数据 nor 进度 says it again."""
    town, (teller, *_) = Town(stage), tellers(1)
    shown: list[Shown] = town.tell(teller)
    assert sum(teller.receipt in one.text for one in shown) == 1
    for said in ("我的数据", f"进度 {teller.code}", f"回执 {teller.receipt}"):
        assert not any(teller.receipt in one.text for one in town.by(teller, said))
    with stage.world.db.read() as session:
        assert teller.receipt not in _kept(session)


def _kept(session: Any) -> str:  # noqa: ANN401
    """All that the outbox and the inbox still hold, opened with the keys."""
    said = [contents.payload_of(session, one) for one in session.scalars(select(Content.id))]
    heard = [inbox.payload_of(session, row) for row in session.scalars(select(InboxRow)) if row.wrapped]
    assert any(said)
    return b"".join(one for one in [*said, *heard] if one).decode()
