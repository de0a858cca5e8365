"""R18: 400 days pass; what has had its time is in no byte of the database's files, and what has not still stands.

The short form has few records and wide steps. The long one: RULES_RECORDS=300 RULES_STEP_HOURS=6.
"""

import os
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.channels.console import Shown
from handlers.dialogue.message import MediaRef
from storage import incidents, media, people
from storage.bulletins import Bulletin, BulletinState
from storage.chats import Chat
from storage.contents import Content
from storage.inbox import InboxRow
from storage.incidents import Incident, IncidentKind, IncidentNote
from storage.keys import DataKey
from storage.media import Medium, MediumState
from storage.people import Person
from storage.searches import Search, SearchState
from storage.tables import METADATA
from tests.support import films
from tests.support.pictures import photo_bytes
from tests.support.postgres import Server
from tests.support.stage import Stage
from tests.support.strangers import Strangers

DAYS = int(os.environ.get("RULES_DAYS", "400"))
RECORDS = int(os.environ.get("RULES_RECORDS", "6"))
STEP = int(os.environ.get("RULES_STEP_HOURS", "120"))
FIRST = 30
"""The records come in during so many days."""

SEALED = (
    DataKey.wrapped,
    Content.wrapped,
    InboxRow.wrapped,
    Medium.blob,
    Incident.text,
    IncidentNote.text,
    Search.facts,
    Bulletin.body,
    Person.name_sealed,
)
HELD, LATE = "金丝雀被保留", "金丝雀刚报的"


class Year:
    """A station's year on a moved clock; `ever` gathers every sealed value that was ever stored."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.strangers = stage, Strangers(stage)
        self.ever: dict[bytes, str] = {}
        self.said: set[str] = set()
        self.gone: set[str] = set()
        self.stay: set[str] = set()
        self.codes: dict[int, str] = {}
        self.held = ""
        files = stage.play.console.files
        files["photo"], files["voice"], files["film"] = photo_bytes(exif=True), films.voice(), films.film()

    def look(self) -> set[bytes]:
        """Every sealed value stored now."""
        with self.stage.world.db.read() as session:
            named = {bytes(one): str(column) for column in SEALED for one in session.scalars(select(column)) if one}
        self.ever |= named
        return set(named)

    def says(self, who: str, words: str, *media: str) -> list[Shown]:
        """Somebody says something privately, with media by their names."""
        kinds = {"photo": "photo", "voice": "voice", "film": "video"}
        refs = tuple(MediaRef(kinds[one], one, "", 900) for one in media)  # type: ignore[arg-type]
        known = who if who.startswith("canary") else None
        shown = (
            self.strangers.says(who, words, name=f"金丝雀名{who[-5:]}", media=refs)
            if known
            else self.stage.say(who, words, media=refs)
        )
        self.look()
        return shown

    def run(self) -> None:
        """Let the days pass."""
        for step in range(0, DAYS * 24, STEP):
            day = step // 24
            for number in range(RECORDS):
                born = number * FIRST // RECORDS
                if day - STEP / 24 < born <= day:
                    self.begin(number)
                if day - STEP / 24 < born + 3 <= day:
                    self.go_on(number)
            self.case(day)
            self.stage.later(hours=STEP)
            self.look()

    def begin(self, number: int) -> None:
        """Something new comes in; what kind turns with the number."""
        who = f"canaryuser{number:05}"
        words = f"金丝雀话{number:05}"
        self.said |= {words, f"金丝雀名{number:05}", f"1990001{number:04}"}
        (self.gone if number % 6 == 5 else self.stay).add(who)
        kinds = (self.hazard, self.tip, self.search, self.bulletin, self.suspect, self.leaver)
        kinds[number % 6](number, who, words)

    def hazard(self, number: int, who: str, words: str) -> None:
        """A hazard with a picture and a film, which somebody will close."""
        shown = self.says(who, f"隐患 水头村村口{words} 联系1990001{number:04}", "photo", "film")
        self.codes[number] = self.code(shown, "隐")
        self.says("网格员甲", f"接单 {self.codes[number]}")

    def tip(self, number: int, who: str, words: str) -> None:
        """A tip with a voice, which comes to nothing; and a wish for the village's notices."""
        self.says(who, f"线索 大侯村小卖部半夜有人卸货 {words}", "voice")
        self.says(who, "订阅 大侯村")

    def search(self, number: int, who: str, words: str) -> None:
        """Somebody is missing, and will be found."""
        seen = "今天早上8点，水头村菜市场门口", "蓝棉袄黑裤子，白头发"
        for one in ("寻人", f"我奶奶{words}", "78岁", *seen, "老年痴呆"):
            self.says(who, one)
        self.says(who, "", "photo")
        self.says(who, "同意发布")
        with self.stage.world.db.read() as session:
            newest = session.scalars(select(Search).order_by(Search.id.desc())).first()
        assert newest is not None
        self.codes[number] = newest.code
        self.says("民警甲", f"核实 {newest.code}")

    def bulletin(self, number: int, who: str, words: str) -> None:
        """A warning that goes out, with a picture."""
        shown = self.says("民警甲", f"反诈 冒充客服退款诈骗高发，不要转账 {words}", "photo")
        code = self.code(shown, "反")
        self.says("民警甲", f"发送 {code}")
        self.says("民警乙", f"批准 {code}")
        self.says(who, "帮助")

    def suspect(self, number: int, who: str, words: str) -> None:
        """A suspect notice that goes out, with a picture."""
        marks = f"黑色外套、骑红色电动车 {words}"
        for one in ("协查", f"柳公立字〔2026〕{number}号", "昨天下午3点", "水头村村口", marks, "成年"):
            self.says("民警甲", one)
        self.says("民警甲", "", "photo")
        for one in ("本村", "48小时"):
            self.says("民警甲", one)
        with self.stage.world.db.read() as session:
            newest = session.scalars(select(Bulletin).order_by(Bulletin.id.desc())).first()
        assert newest is not None
        self.says("民警甲", f"发送 {newest.code}")
        self.says("副所长", f"批准 {newest.code}")
        self.says("办案队甲", f"批准 {newest.code}")
        self.says(who, "帮助")

    def leaver(self, number: int, who: str, words: str) -> None:
        """Somebody who tells, asks, begins, and will have it all erased."""
        self.codes[number] = self.code(self.says(who, f"隐患 水头村{words} 联系1990001{number:04}", "photo"), "隐")
        self.says(who, f"提醒 每周五下午4点 {words}")
        self.says(who, "寻人")
        self.says(who, f"我爷爷{words}")

    def go_on(self, number: int) -> None:
        """Three days later."""
        what = number % 6
        if what == 0:
            self.says("网格员甲", f"办结 {self.codes[number]} 清理好了金丝雀果{number:05}")
            self.said.add(f"金丝雀果{number:05}")
        elif what == 2:
            self.says("民警甲", f"找到 {self.codes[number]}")
        elif what == 5:
            shown = self.says(f"canaryuser{number:05}", "删除我 确定")
            assert any("已删除" in one.text for one in shown), shown

    def case(self, day: int) -> None:
        """A tip is held for a case; shortly before the end something new comes in."""
        at = day - day % (STEP // 24 or 1)
        if day == 0 and "case" not in self.stay:
            self.stay.add("case")
            told = self.says("canaryuserheld", f"线索 大侯村小卖部半夜有人卸货 {HELD}", "photo")
            self.held = self.code(told, "线")
            self.says("所长", f"保留 {self.held} 案件还在侦办")
        for again in (171, 342):
            if at <= again < at + max(STEP // 24, 1):
                shown = self.says("所长", f"保留 {self.held} 案件仍在侦办")
                assert any("已保留" in one.text for one in shown), shown
        if at <= DAYS - 10 < at + max(STEP // 24, 1):
            self.says("canaryuserlate", f"隐患 水头村村口{LATE}", "photo")

    @staticmethod
    def code(shown: list[Shown], letter: str) -> str:
        """The newest code of this letter that was shown."""
        found = re.search(rf"{letter}[0-9]+", "\n".join(one.text for one in shown))
        assert found is not None, shown
        return found[0]


def judge(year: Year, raw: bytes) -> None:
    """Nothing that went is in the files; what stays does."""
    alive = year.look()
    dead = {value: column for value, column in year.ever.items() if value not in alive}
    assert len(dead) > 20 * RECORDS
    assert not Counter(column for value, column in dead.items() if value in raw), "erased, and still in the files"
    assert all(value in raw for value in alive), "the look at the files sees what stands"
    for said in (*year.said, HELD, LATE, *year.gone, films.PLACE.decode(), films.MAKER.decode()):
        assert said.encode() not in raw, said
    for who in year.stay - {"case"}:
        assert who.encode() in raw, "whoever is still a member can be written to"
    with year.stage.world.db.read() as session:
        kept = [incidents.text_of(session, one) for one in session.scalars(select(Incident)) if one.text]
        assert [HELD in kept[0], LATE in kept[1], len(kept)] == [True, True, 2]
        assert all(one.facts is None for one in session.scalars(select(Search)))
        assert {one.state for one in session.scalars(select(Search))} <= {SearchState.FOUND, SearchState.CANCELLED}
        tombs = session.scalars(select(Bulletin)).all()
        assert all(one.body is None and one.content_hash and one.state is BulletinState.EXPIRED for one in tombs)
        photos = session.scalars(select(Medium).where(Medium.state == MediumState.READY)).all()
        assert len(photos) == 2, "the picture of the case, and of the newest report"
        assert not session.scalars(select(InboxRow.id).where(InboxRow.queue.contains("canaryuser"))).all()
        assert stray_keys(session) == set(), "a key nobody needs is a door left open"
        erased = session.scalars(select(Person).where(Person.key_id.is_(None))).all()
        assert len(erased) == len(year.gone)
        assert not [one for one in erased if people.accounts_of(session, one.id)]
        tips = session.scalars(select(Incident).where(Incident.kind == IncidentKind.TIP)).all()
        assert [one.code for one in tips if one.text] == [year.held]


def stray_keys(session: Session) -> set[str]:
    """Data keys no row refers to any more: what was sealed under them could still be opened."""
    keyed = [table.c.key_id for table in METADATA.tables.values() if "key_id" in table.c]
    used = {key_id for column in keyed for key_id in session.scalars(select(column))}
    return set(session.scalars(select(DataKey.id))) - used


def raw_of(folder: Path) -> bytes:
    """Every byte of the files under a folder."""
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_400_days_leave_no_byte_of_what_has_had_its_time(both_stages: Stage, request: pytest.FixtureRequest) -> None:
    stage = both_stages
    postgres = stage.world.db.keeps_old_rows
    if postgres:
        # A year takes a minute here: the server's own look at a table would keep what was erased a second ago.
        with stage.world.db.engine.begin() as connection:
            for name in METADATA.tables:
                connection.execute(text(f"ALTER TABLE {name} SET (autovacuum_enabled = false)"))
    year = Year(stage)
    year.run()
    stage.later(days=1)
    stage.world.db.settle()
    if not postgres:
        folder = Path(stage.world.db.url.removeprefix("sqlite:///")).parent
        names = {path.name for path in folder.iterdir()}
        assert {"stage.db", "stage.db-wal", "stage.db-shm"} <= names
    else:
        server: Server = request.getfixturevalue("postgres_server")
        with stage.world.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CHECKPOINT"))
            oid = connection.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
        folder = server.folder / "data" / "base" / str(oid)
    judge(year, raw_of(folder))


def test_nothing_of_a_medium_is_left_at_the_platform_by_its_id(stage: Stage) -> None:
    """An id under which a platform would still show a face goes with the face."""
    now = stage.world.now()
    with stage.world.db.write() as session:
        medium = media.want(session, media.MediumKind.PHOTO, {"ref": "x"}, now)
        media.store(session, medium, b"picture", "image/jpeg", "0" * 64)
        media.note_upload(session, medium, "play", "file-id-of-the-face", now)
        assert media.upload_of(session, medium, "play")
    stage.later(days=3, hours=1)
    with stage.world.db.read() as session:
        assert media.get(session, medium).state is MediumState.ERASED, "it became part of no record"
        assert media.upload_of(session, medium, "play") is None


def test_new_words_postpone_and_then_it_goes(stage: Stage) -> None:
    """A tip's 90 days begin anew with what is added."""
    stage.say("居民甲", "线索 大侯村小卖部半夜有人卸货")
    stage.later(days=80)
    stage.say("居民甲", "补充 线1 昨晚又来了")
    stage.later(days=80)
    with stage.world.db.read() as session:
        assert session.scalars(select(Incident)).one().text is not None
    stage.later(days=10, hours=1)
    with stage.world.db.read() as session:
        assert session.scalars(select(Incident)).one().text is None


def test_whoever_left_is_not_even_an_address(stage: Stage) -> None:
    """After 退出 and 删除我 the platform's id is gone, too, unless something still has to be taken back there."""
    strangers, before = Strangers(stage), 0
    for word in ("退出", "删除我"):
        strangers.says("canary-leaver", "帮助", name="金丝雀")
        strangers.says("canary-leaver", f"{word} 确定")
        stage.later(hours=2)
        with stage.world.db.read() as session:
            assert "canary-leaver" not in set(session.scalars(select(Chat.platform_id))), word
            gone = session.scalars(select(Person).where(Person.key_id.is_(None))).all()
            assert (len(gone), stray_keys(session)) == (before + 1, set()), "nothing opens what was sealed"
            before += 1


def test_the_inbox_forgets_where_and_who(stage: Stage) -> None:
    """An hour after the answer a row tells that something came, and neither from whom nor from where."""
    strangers = Strangers(stage)
    strangers.says("canary-writer", "帮助")
    stage.later(hours=2)
    with stage.world.db.read() as session:
        for row in session.scalars(select(InboxRow)):
            assert (row.queue, row.sender, row.payload, row.wrapped) == ("", None, None, None)
            assert "canary-writer" not in row.platform_key


def test_spans_are_the_rules(stage: Stage) -> None:
    """The spans of the table, which a station can only shorten."""
    station = stage.world.station
    spans = station.tip_lives, station.photo_after_close, station.content_after_end
    assert spans == (timedelta(days=90), timedelta(days=3), timedelta(hours=24))
