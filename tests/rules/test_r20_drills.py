"""R20: a drill cannot address residents, by type, and says 演练 on every line; rates and small counts are no secret.

Each seed of the crowd is some hundred things said. The long form, about half an hour, is RULES_SEEDS=200
RULES_DIALOGS=all.
"""

import asyncio
import contextlib
import io
import os
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from bot import channels
from bot.channels import splitting
from bot.channels.console import Console, Shown
from bot.channels.playground import Playground
from bot.channels.relay import Relay
from bot.drills import take_part
from bot.settings import load_settings
from bot.web.hub import PlaygroundHub
from bot.web.roster import Roster
from handlers.dialogue import access, drill
from handlers.dialogue.drill import MARK, TEAM_ROLES, DrillCall, ResidentsUnreachable, TeamPlace, team_place
from handlers.dialogue.message import MediaRef, Outgoing, PlayCall, RealCall
from handlers.publishing import reporting
from jobs import opening, sheets
from jobs.channel import Call, Channel
from jobs.media import reencode
from storage import media
from storage.chats import TEAM, Chat, ChatKind
from storage.copies import Copy, CopyKind, CopyState
from storage.media import Medium
from storage.outbox import OutboxRow, OutboxState
from storage.people import Role, RoleGrant
from storage.sealing import MasterKey
from storage.worlds import WorldKind
from tests.chaos.crowd import Crowd
from tests.support.dialogues import name_of, paths, read
from tests.support.pictures import photo_bytes
from tests.support.stage import ROOT, START, Stage, make_stage, words
from tests.test_dialogs import _play as play_step

SEEDS = int(os.environ.get("RULES_SEEDS", "2"))
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
ALL_CHANNELS = {
    "WANGGE_TELEGRAM__TOKEN": "1:a",
    "WANGGE_WECOM__CORP_ID": "ww1",
    "WANGGE_WECOM_AIBOT__BOT_ID": "aib1",
    "WANGGE_WECOM_AIBOT__SECRET": "s",
    "WANGGE_WECOM_AIBOT__TOKEN": "t",
    "WANGGE_WECOM_AIBOT__AES_KEY": AES_KEY,
    "WANGGE_WECOM_ROBOT__GROUPS": "村群=0a1b2c3d-key",
    "WANGGE_WECOM_APP__AGENT_ID": "5",
    "WANGGE_WECOM_APP__SECRET": "s",
    "WANGGE_WECOM_APP__TOKEN": "t",
    "WANGGE_WECOM_APP__AES_KEY": AES_KEY,
    "WANGGE_OFFICIAL_ACCOUNT__APP_ID": "wx1",
    "WANGGE_OFFICIAL_ACCOUNT__SECRET": "s",
    "WANGGE_OFFICIAL_ACCOUNT__TOKEN": "t",
    "WANGGE_CUSTOMER_GROUP__SECRET": "s",
    "WANGGE_RELAY__ENABLED": "true",
}
NO_CHANNELS = {"buttons", "real", "splitting", "tencent"}
"""Files of the folder that are none."""
IN_DRILL = DrillCall(TeamPlace("警务群", ChatKind.OFFICERS), "", Outgoing("你好"))
PLAYED = PlayCall("警务群", "", Outgoing("你好"))


@pytest.fixture
def drilling(tmp_path: Path) -> Iterator[Stage]:
    yield from make_stage(tmp_path, kind=WorldKind.DRILL)


@pytest.fixture(params=["sqlite", "postgresql"])
def drilling_on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    url = request.getfixturevalue("county_url") if request.param == "postgresql" else None
    yield from make_stage(tmp_path, url, kind=WorldKind.DRILL)


def unmarked(text: str) -> list[str]:
    """The lines that do not begin with 【演练】."""
    return [line for line in text.splitlines() if not line.startswith(MARK)]


def team_chats(stage: Stage) -> set[str]:
    """The platform ids of every chat a drill may speak in now."""
    with stage.world.db.read() as session:
        held = {grant.person_id for grant in session.query(RoleGrant) if grant.role in TEAM_ROLES}
        return {chat.platform_id for chat in session.query(Chat) if chat.kind in TEAM or chat.person_id in held}


# By type


@pytest.mark.parametrize("kind", [kind for kind in ChatKind if kind not in TEAM])
@pytest.mark.parametrize("roles", [frozenset[Role](), frozenset({Role.RESIDENT, Role.VOLUNTEER}), frozenset(Role)])
def test_there_is_no_place_for_residents(kind: ChatKind, roles: frozenset[Role]) -> None:
    if kind is ChatKind.PRIVATE and roles & TEAM_ROLES:
        assert TeamPlace("谁", kind, roles).platform_id == "谁"
        return
    with pytest.raises(ResidentsUnreachable):
        TeamPlace("居民群", kind, roles)  # type: ignore[arg-type]
    assert team_place(Chat(kind=kind, platform_id="居民群"), roles) is None


@pytest.mark.parametrize("role", list(Role))
def test_who_is_of_the_team_and_who_is_a_neighbour(role: Role) -> None:
    outside = {Role.RESIDENT, Role.MERCHANT, Role.VOLUNTEER, Role.GUARD, Role.MEDIATOR}
    assert (role in TEAM_ROLES) is (role not in outside)
    place = team_place(Chat(kind=ChatKind.PRIVATE, platform_id="谁"), frozenset({role}))
    assert (place is None) is (role in outside)


@pytest.mark.parametrize("place", ["居民群", Chat(kind=ChatKind.RESIDENTS, platform_id="居民群"), None])
def test_a_call_takes_nothing_but_a_place_of_the_team(place: object) -> None:
    with pytest.raises(ResidentsUnreachable):
        DrillCall(place, "", Outgoing("x"))  # type: ignore[arg-type]


def test_the_type_checker_refuses_residents(tmp_path: Path) -> None:
    lines = {
        'DrillCall(Chat(), "", Outgoing("x"))': "arg-type",
        'DrillCall("居民群", "", Outgoing("x"))': "arg-type",
        'TeamPlace("居民群", ChatKind.RESIDENTS)': "arg-type",
        'TeamPlace("商户群", ChatKind.MERCHANTS)': "arg-type",
        'TeamPlace("义警群", ChatKind.VOLUNTEERS)': "arg-type",
        'TeamPlace("新群", ChatKind.UNBOUND)': "arg-type",
        'TeamPlace("群", Chat().kind)': "arg-type",
        'only_real(DrillCall(team, "", Outgoing("x"))).world.REAL.drill': "attr-defined",
        'DrillCall(team, "", Outgoing("x"))': "",
    }
    snippet = tmp_path / "snippet.py"
    head = (
        "from bot.channels.real import only_real\n"
        "from handlers.dialogue.drill import DrillCall, TeamPlace\n"
        "from handlers.dialogue.message import Outgoing\n"
        "from storage.chats import Chat, ChatKind\n"
        'team = TeamPlace("警务群", ChatKind.OFFICERS)\n'
    )
    snippet.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    order = ["--strict", "--cache-dir", str(tmp_path / "cache"), "--no-error-summary", str(snippet)]
    done = subprocess.run([sys.executable, "-m", "mypy", *order], cwd=ROOT, capture_output=True, text=True, check=False)
    found = {int(line): code for line, code in re.findall(r"snippet\.py:(\d+): error: .*\[([a-z-]+)\]", done.stdout)}
    first = head.count("\n") + 1
    assert found == {first + n: code for n, code in enumerate(lines.values()) if code}, done.stdout + done.stderr


@pytest.mark.parametrize("mode", ["socket", "callback"])
def test_no_real_channel_takes_a_call_of_a_drill(mode: str) -> None:
    async def offer(channel: Channel, call: Call) -> None:
        with pytest.raises(TypeError):
            await channel.send(call, ())
        with pytest.raises(TypeError):
            await channel.edit(call, "1", CopyKind.TEXT)

    async def offer_all() -> None:
        settings = load_settings(env={**ALL_CHANNELS, "WANGGE_WECOM_AIBOT__MODE": mode})
        made = channels.configured(settings, MasterKey(bytes(32)))
        assert len(made) == len(set(channels.names()) - NO_CHANNELS)
        for channel in made:
            await offer(channel, IN_DRILL)
            if not isinstance(channel, Relay):
                await offer(channel, PLAYED)
            await channel.close()

    asyncio.run(offer_all())


def test_a_page_shows_its_own_world_only() -> None:
    hub = PlaygroundHub(Roster((), ()), lambda: START)
    real = RealCall("警务群", "", Outgoing("你好"))

    async def offer_all() -> None:
        for made in (Console(), Playground(hub)):
            for call in (IN_DRILL, real):
                with pytest.raises(TypeError):
                    await made.send(call, ())
        for made in (Console(takes=DrillCall), Playground(hub, takes=DrillCall)):
            for call in (PLAYED, real):
                with pytest.raises(TypeError):
                    await made.send(call, ())
                with pytest.raises(TypeError):
                    await made.edit(call, "1", CopyKind.TEXT)

    asyncio.run(offer_all())


# On every line


def test_every_line_of_a_call_says_so_whatever_was_handed_in() -> None:
    said = Outgoing("一\n\n二\r\n三\u2028四\x85五\x0b六", media=(), toast="好\n的")
    call = DrillCall(TeamPlace("警务群", ChatKind.OFFICERS), "", said)
    assert call.outgoing.text.count(MARK) == 7
    assert not unmarked(call.outgoing.text)
    assert not unmarked(call.outgoing.toast)
    assert DrillCall(call.place, "", call.outgoing).outgoing == call.outgoing, "once is enough"
    assert DrillCall(call.place, "", Outgoing("", media=(1,))).outgoing.text == MARK
    assert drill.marked_name("名单.xlsx") == "【演练】名单.xlsx"


LINES = st.lists(st.text(alphabet="今天雨，。！ab 😀\n", max_size=900), max_size=12).map("\n".join)


@example("今天雨大" * 700, (1024, "utf16"))
@example("a" * 9000, (2048, "bytes"))
@given(LINES, st.sampled_from([(4096, "utf16"), (1024, "utf16"), (2048, "bytes"), (4096, "bytes")]))
def test_every_part_of_a_split_message_says_so_on_every_line(text: str, limit: tuple[int, splitting.Unit]) -> None:
    most, unit = limit
    marked = drill.marked_lines(text)
    assert not unmarked(marked)
    parts = splitting.split(marked, most, unit)
    for part in parts:
        assert not unmarked(part)
        assert splitting.length(part, unit) <= most
    assert re.sub(r"\s", "", "".join(parts)).replace(MARK, "") == re.sub(r"\s", "", text).replace(MARK, "")


class Listening(Crowd):
    """A crowd of which only what was shown counts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.heard: list[Shown] = []

    def judge(self, shown: list[Shown], *, must: bool = False) -> None:
        """Remember what was shown, so that its buttons are pressed."""
        self.heard += shown
        for one in shown:
            self.codes |= set(re.findall(r"[报隐求寻反预协提]\d+", one.text))
            self.lately.append(one)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_a_crowd_says_residents_hear_nothing_and_the_team_reads_drill(drilling: Stage, seed: int) -> None:
    crowd, allowed = Listening(drilling, random.Random(seed)), team_chats(drilling)
    for _ in range(80):
        crowd.step()
    allowed |= team_chats(drilling)
    assert len(crowd.heard) > 50
    for one in crowd.heard:
        # A short answer is shown to whoever pressed in a chat of the team, and is named after them.
        assert one.chat in allowed or one.what == "answer", one
        assert not unmarked(one.text), one
        assert not one.file or one.file.startswith(MARK), one
    with drilling.world.db.read() as session:
        ways = {(row.state, session.get_one(Chat, row.chat_id).kind in TEAM) for row in session.query(OutboxRow)}
    assert (OutboxState.SIMULATED, False) in ways
    assert (OutboxState.SIMULATED, True) not in ways


LADDERS = ("suspect", "suspect_at_night", "suspect_expires", "fraud", "ladder", "pause_and_stop", "assign")
DIALOGS = [path for path in paths() if path.stem in LADDERS or os.environ.get("RULES_DIALOGS")]


@pytest.mark.parametrize("path", DIALOGS, ids=lambda path: name_of(path))
def test_a_dialogue_of_the_team_goes_on_in_a_drill(drilling: Stage, path: Path) -> None:
    """Approval ladders, clocks, recall; a step that stands on what a resident would have been shown is left out."""
    history: list[Shown] = []
    allowed = team_chats(drilling)
    for step in read(path)["step"]:
        with contextlib.suppress(StopIteration):
            history += play_step(drilling, step, history)
    allowed |= team_chats(drilling)
    for one in history:
        assert one.chat in allowed or one.what == "answer", one
        assert not unmarked(one.text), one
    if path.stem == "suspect":
        assert any("演练：真实情况下会发给" in one.text for one in history)
        assert any("真实情况下会处理" in one.text for one in history)


# What a drill is for: approval, report, recall, clocks


def _published(stage: Stage) -> list[Shown]:
    drafted = stage.say("民警甲", "反诈 冒充客服退款、让您共享屏幕的都是骗子，别转账")
    stage.press("民警甲", drafted[-1], "发送")
    shown = stage.say("所长", "批准 反1", "派出所警务群")
    return shown + stage.later(seconds=40)


def test_the_ladder_is_climbed_and_the_report_says_where_it_would_have_gone(drilling_on_both: Stage) -> None:
    drilling = drilling_on_both
    shown = _published(drilling)
    said = [one.text for one in shown if one.chat == "民警甲"]
    assert any("所长已批准 反1" in text for text in said)
    assert any("演练：真实情况下会发给 3 个群。" in text for text in said)
    with drilling.world.db.read() as session:
        assert {copy.state for copy in session.query(Copy).filter(Copy.topic == "bulletin:1")} == {CopyState.SIMULATED}
        rows = session.query(OutboxRow).filter(OutboxRow.delivery_id.is_not(None))
        assert [row.state for row in rows] == [OutboxState.SIMULATED] * 3


def test_the_author_alone_sends_nothing_in_a_drill_either(drilling: Stage) -> None:
    drafted = drilling.say("民警甲", "反诈 冒充客服退款、让您共享屏幕的都是骗子，别转账")
    drilling.press("民警甲", drafted[-1], "发送")
    drilling.say("民警甲", "批准 反1", "派出所警务群")
    drilling.later(seconds=40)
    with drilling.world.db.read() as session:
        assert not session.query(OutboxRow).filter(OutboxRow.delivery_id.is_not(None)).count()


def test_a_recall_and_an_end_are_drilled_too(drilling: Stage) -> None:
    _published(drilling)
    shown = drilling.say("民警乙", "撤回 反1", "派出所警务群") + drilling.later(seconds=90)
    assert any("正在收回 3 份" in one.text for one in shown)
    assert any("演练：真实情况下会处理 3 个群里的消息。" in one.text for one in shown)
    assert all(one.chat in team_chats(drilling) for one in shown)


def test_the_clocks_run_in_a_drill(drilling: Stage) -> None:
    drilling.say("网格员甲", "上报 大侯村村口路灯坏了")
    shown = drilling.later(minutes=16) + drilling.later(minutes=60)
    assert any("报1" in one.text for one in shown)
    assert all(one.chat in team_chats(drilling) and not unmarked(one.text) for one in shown)


def test_the_sheet_of_a_report_says_so_on_every_line(drilling: Stage) -> None:
    _published(drilling)
    shown = drilling.say("民警甲", "发送情况 反1")
    assert shown[-1].file.startswith(MARK)
    with drilling.world.db.read() as session:
        made = session.query(Medium).filter(Medium.mime == reporting.XLSX).one()
        blob = media.blob_of(session, made.id)
    assert blob is not None
    with zipfile.ZipFile(io.BytesIO(blob)) as book:
        names = book.read("xl/workbook.xml").decode()
    rows = [row for row in sheets.lines_of(blob).splitlines() if row.strip()]
    assert len(rows) > 3
    assert all(MARK in row for row in rows)
    assert re.search(rf'<sheet name="{MARK}', names)


def test_files_are_made_where_a_drill_is_thought_of() -> None:
    """Whoever makes a file that shows text must write 演练 into it, as `handlers/publishing/reporting.py` does."""
    made = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "handlers").rglob("*.py")
        if "media.made(" in path.read_text(encoding="utf-8")
    }
    asks = {
        "handlers/publishing/reporting.py": ("handlers/publishing/reporting.py", "is_drill("),
        "handlers/weekly/actions.py": ("handlers/weekly/report.py", "is_drill("),
        "handlers/cards/actions.py": ("handlers/cards/actions.py", "WorldKind.DRILL"),
    }
    assert made == set(asks)
    for file, said in asks.values():
        assert said in (ROOT / file).read_text(encoding="utf-8"), file


# Pictures


def _band(blob: bytes) -> list[tuple[int, int, int]]:
    with Image.open(io.BytesIO(blob)) as shown:
        strip = shown.convert("RGB").crop((0, 0, shown.width, max(opening.SIGN_SIZE[1], shown.height // 10)))
        return [strip.getpixel((x, y)) for y in range(strip.height) for x in range(strip.width)]  # type: ignore[misc]


@pytest.mark.parametrize("size", [(320, 240), (40, 30), (3000, 200), (200, 3000), (1, 1)])
def test_a_picture_says_so_from_side_to_side(size: tuple[int, int]) -> None:
    plain, signed = reencode(photo_bytes(*size)), reencode(photo_bytes(*size), drill=True)
    assert (plain.width, plain.height) == (signed.width, signed.height)
    dots = _band(signed.blob)
    red = sum(r > 180 and g < 110 and b < 110 for r, g, b in dots)
    white = sum(min(dot) > 200 for dot in dots)
    if size > (40, 0):
        assert red > len(dots) / 12
        assert white > len(dots) / 3
    assert not any(r > 180 and g < 110 for r, g, _ in _band(plain.blob))


def test_a_picture_sent_in_a_drill_is_kept_with_its_sign(drilling: Stage) -> None:
    drilling.play.console.files["photo"] = photo_bytes()
    photo = (MediaRef("photo", "photo", "image/jpeg", 4000),)
    shown = drilling.say("网格员甲", "上报 大侯村村口路灯坏了", "大侯村网格群", media=photo)
    assert shown
    with drilling.world.db.read() as session:
        blobs = [media.blob_of(session, one.id) for one in session.query(Medium)]
    assert blobs
    assert all(blob is not None and any(r > 180 and g < 110 for r, g, _ in _band(blob)) for blob in blobs)


# Who takes part


def test_the_page_of_a_drill_knows_the_team_alone(drilling: Stage) -> None:
    roster = take_part(drilling.world, ROOT / "samples")
    names = {person.name for person in roster.people}
    assert {"网格员甲", "民警甲", "所长", "指挥室"} <= names
    assert not names & {"居民甲", "商户甲", "义警甲", "保安甲", "调解员甲"}
    assert {group.kind for group in roster.groups} == {str(kind) for kind in TEAM}
    by_name = {group.name: group for group in roster.groups}
    assert "民警甲" in by_name["大侯村网格群"].members
    assert "网格员乙" not in by_name["大侯村网格群"].members
    assert "网格员甲" not in by_name["派出所警务群"].members


# Rates and small counts

RATES_WITH_ALL_THREE = re.compile(r"\{n\}.*\{of\}.*\{period\}")
PERIOD_FIRST = re.compile(r"\{period\}.*\{n\}.*\{of\}", re.S)
LINES_OF = {"weekly.rate": "weekly.report"}
"""A rate that is a line of a message which says at its head, once for all lines, of which days they are."""
PEOPLE_COUNTED = re.compile(r"\{[a-z_]+\} ?(?:人|位|户|名(?!字)|个人|个居民|个群众)")
COUNTS_FOR_THE_TEAM = {
    "search.line.head": "线索汇总",
    "bulletins.reach_people": "反诈",
    "library.and_people": "反诈库",
    "publishing.unreached": "发送情况",
    "publishing.people": "发送情况",
    "membership.revoke.several": "收回权限",
    **dict.fromkeys(
        (
            "sectors.board.head",
            "sectors.board.returning",
            "sectors.board.over",
            "sectors.note.all",
            "sectors.note.same",
            "sectors.lead.missing",
            "sectors.lead.reminder",
            "sectors.alarm.all",
            "sectors.alarm.line",
            "sectors.standing_down",
            "sectors.goes_on_leader",
            "sectors.all_back",
        ),
        "收队",
    ),
    "patrols.called": "召集",
    **dict.fromkeys(("talks.announced", "talks.asked"), "夜话"),
    **dict.fromkeys(
        (
            "visits.all_again",
            "visits.begun",
            "visits.begun_without",
            "visits.dropped",
            "visits.kept",
            "visits.list",
            "visits.list_full",
            "visits.nobody_left",
            "visits.only",
            "visits.sure",
            "visits.todo",
            "visits.too_many",
            "visits.yours",
            "visits.yours_late",
            "visits.yours_left",
        ),
        "走访",
    ),
    **dict.fromkeys(
        ("shifts.firm", "shifts.given", "shifts.given_anew", "shifts.group", "shifts.called", "shifts.nobody_near"),
        "排班",
    ),
}
"""Sentences that count people, and the command whose rule keeps them within the team."""


def test_a_rate_is_never_said_without_its_numbers_and_its_period() -> None:
    for key, sentence in words().sentences.items():
        if re.search(r"[%％‰]|[^效频]率(?!先|领|直|真)", sentence):
            whole = words().sentences[LINES_OF[key]].replace("{lines}", sentence) if key in LINES_OF else sentence
            assert RATES_WITH_ALL_THREE.search(whole) or (key in LINES_OF and PERIOD_FIRST.search(whole)), key


def test_no_count_of_people_is_said_where_residents_read() -> None:
    found = {key for key, sentence in words().sentences.items() if PEOPLE_COUNTED.search(sentence)}
    assert found <= set(COUNTS_FOR_THE_TEAM), "a new count of people: below 5 it is hidden, or it stays in the team"
    for word in COUNTS_FOR_THE_TEAM.values():
        assert not access.MATRIX[word].roles & {Role.RESIDENT, Role.MERCHANT, Role.VOLUNTEER}
