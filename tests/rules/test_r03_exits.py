"""R3 at every exit: secrets put into real conversations reach no group, whatever is said, pressed or scheduled.

Each talk hears a third of the kinds of secret; in the long form, RULES_TALKS=10 (a few minutes), ten of each kind.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bot.channels.console import Shown
from handlers.dialogue.aloud import aloud
from handlers.dialogue.message import MediaRef, OutButton, Outgoing, Quoted
from handlers.dialogue.say import Cause, Say, post
from handlers.dialogue.wording import said
from handlers.disputes import rules as disputes
from handlers.publishing import actions as publishing
from storage import chats, media
from storage.chats import ChatKind
from storage.lanes import Lane
from tests.support.pictures import photo_bytes
from tests.support.secret_texts import Sample, leaks, readable, samples
from tests.support.stage import Stage

TALKS = int(os.environ.get("RULES_TALKS", "1"))
GROUP, TEAM, OFFICERS = "大侯村居民群", "大侯村网格群", "派出所警务群"


def _secrets(count: int) -> list[Sample]:
    """So many of each kind, each on one line, its surroundings free of what is looked for."""
    taken: dict[str, list[Sample]] = {}
    for one in samples(400 * count, seed=303):
        alone = replace(one, around="", text=" ".join(one.text.split()))
        mine = taken.setdefault(one.kind, [])
        if len(mine) < count and not leaks(one.around, alone, public=True) and one.kind != "two":
            if leaks(alone.text, alone, public=True):
                mine.append(alone)
    return [one for some in taken.values() for one in some]


SECRETS = _secrets(TALKS)


def _kinds(stage: Stage) -> dict[str, ChatKind]:
    with stage.world.db.read() as session:
        every = [kind for kind in ChatKind if kind.is_group]
        return {chat.title or chat.platform_id: chat.kind for chat in chats.groups(session, every)} | {
            chat.platform_id: chat.kind for chat in chats.groups(session, every)
        }


def _told(shown: list[Shown], kinds: dict[str, ChatKind], sample: Sample) -> list[tuple[str, str, list[str]]]:
    """What groups could read of the secret: in words, labels and commands of buttons."""
    found = []
    for one in shown:
        kind = kinds.get(one.chat)
        if kind is None:
            continue
        words = "\n".join((one.text, *(f"{label}\n{does}" for label, does in one.buttons)))
        read = leaks(words, sample, public=kind.is_public)
        if read:
            found.append((one.chat, words, read))
    return found


Talk = Callable[[Stage, str], Iterator[list[Shown]]]


def reports(stage: Stage, secret: str) -> Iterator[list[Shown]]:
    """上报 in a group, then added to, handed on, asked after, closed, reopened."""
    yield stage.say("居民甲", f"/上报 水头村村口路灯坏了 {secret}", GROUP)
    yield stage.say("居民甲", f"/补充 报1 {secret}", GROUP)
    yield stage.say("居民甲", f"/进度 报1 {secret}", GROUP)
    yield stage.say("网格员甲", "/接单 报1", TEAM)
    yield stage.say("网格员甲", f"/办结 报1 换了灯泡 {secret}", TEAM)
    yield stage.say("居民甲", "/进度 报1", GROUP)
    yield stage.say("网格员甲", f"/重开 报1 {secret}", TEAM)
    yield stage.say("民警甲", f"/转派 报1 {secret}", TEAM)
    yield stage.later(minutes=61)


def private_reports(stage: Stage, secret: str) -> Iterator[list[Shown]]:
    """Everything somebody tells privately."""
    for word in ("隐患", "求助", "线索", "代报", "上报"):
        yield stage.say("居民甲", f"{word} 3号楼门口有人堆东西 {secret}")
    yield stage.say("居民甲", f"{secret}")
    yield stage.say("居民甲", "上报")
    yield stage.say("居民甲", f"水管漏水了 {secret}")
    yield stage.say("网格员甲", "接单 隐1")
    yield stage.say("居民甲", f"补充 隐1 {secret}")
    yield stage.say("网格员甲", f"办结 隐1 已清走 {secret}")
    yield stage.say("民警甲", f"接单 线1 {secret}")
    yield stage.say("民警甲", f"办结 线1 已核实 {secret}")
    yield stage.say("民警甲", "答复 线1 第1稿")
    yield stage.say("居民甲", "进度")
    yield stage.later(minutes=16)


def danger(stage: Stage, secret: str) -> Iterator[list[Shown]]:
    """Words of danger in ordinary talk, and what is pressed then."""
    shown = stage.say("居民甲", f"救命啊着火了 {secret}", GROUP)
    yield shown
    for one in shown:
        for label, _ in one.buttons[:1]:
            yield stage.press("居民甲", one, label)


def notices(stage: Stage, secret: str) -> Iterator[list[Shown]]:
    """反诈 and 预警: sent, corrected, recalled."""
    yield stage.say("民警甲", f"反诈 骗子冒充客服让人转账，{secret}，大家千万不要相信")
    yield stage.say("民警甲", "发送 反1")
    yield stage.say("民警乙", "批准 反1")
    yield stage.say("民警甲", f"更正 反1 骗子冒充的是快递，{secret}，请大家注意")
    yield stage.say("民警乙", "批准 反1")
    yield stage.say("民警甲", f"撤回 反1 写错了 {secret}")
    yield stage.say("民警甲", f"预警 明天有大雪，{secret}，请大家少出门")
    yield stage.say("民警甲", "发送 预1")
    yield stage.say("民警乙", "批准 预1")
    yield stage.later(minutes=2)


def suspect(stage: Stage, secret: str) -> Iterator[list[Shown]]:
    """协查: its questions, two approvals, a tip, an objection, a recall."""
    for words in ("协查", "柳公立字〔2026〕123号", "昨天下午3点", f"水头村村口 {secret}"):
        yield stage.say("民警甲", words)
    for words in (f"黑色外套、骑红色电动车 {secret}", "成年", "不知道", "本村", "24小时", "发送 协1"):
        yield stage.say("民警甲", words)
    yield stage.say("民警乙", "批准 协1")
    yield stage.say("所长", "批准 协1")
    yield stage.say("居民甲", f"线索 协1 {secret} 见过这个人")
    yield stage.say("居民甲", f"异议 协1 {secret}")
    yield stage.say("民警甲", f"撤回 协1 认错人了 {secret}")


def search(stage: Stage, secret: str) -> Iterator[list[Shown]]:
    """寻人: from the first words over sightings to 找到."""
    stage.play.console.files["photo"] = photo_bytes()
    photo = (MediaRef("photo", "photo", "image/jpeg", 4000),)
    words = f"寻人 我奶奶王秀英，78岁，今天早上8点从水头村走失，穿蓝棉袄，白头发，{secret}"
    yield stage.say("居民甲", words, media=photo)
    yield stage.say("居民甲", f"老年痴呆 {secret}")
    yield stage.say("居民甲", "同意发布")
    yield stage.say("居民甲", f"补充 寻1 {secret}")
    yield stage.say("民警甲", "核实 寻1")
    yield stage.say("居民乙", f"线索 寻1 在菜市场看到了 {secret}")
    yield stage.say("居民乙", f"/线索 寻1 {secret}", GROUP)
    yield stage.say("民警甲", f"更正 寻1 穿的是红棉袄 {secret}")
    yield stage.say("民警甲", "扩圈 寻1")
    yield stage.say("民警甲", f"找到 寻1 {secret}")
    yield stage.later(minutes=11)


def reminders(stage: Stage, secret: str) -> Iterator[list[Shown]]:
    """提醒 in a team's group and in a public one, when it is made and when it is due."""
    yield stage.say("网格员甲", f"/提醒 明天9点 走访 {secret}", TEAM)
    yield stage.say("网格员甲", f"/提醒 明天9点 开会 {secret}", GROUP)
    yield stage.say("网格员甲", "/提醒列表", TEAM)
    yield stage.later(hours=24)


def binding(stage: Stage, secret: str) -> Iterator[list[Shown]]:
    """绑定群 with words behind it, and words nobody understands."""
    yield stage.say("民警甲", f"/绑定群 居民群 大侯村 {secret}", GROUP)
    yield stage.say("民警甲", f"@网格助手 {secret}", GROUP, mentioned=True)
    yield stage.say("网格员甲", f"/帮助 {secret}", TEAM)
    yield stage.say("网格员甲", f"/待办 {secret}", TEAM)
    quoted = Quoted("9", from_bot=False, text=secret)
    yield stage.say("居民甲", "/上报", GROUP, reply_to=quoted)


TALKS_OF: tuple[Talk, ...] = (
    reports,
    private_reports,
    danger,
    notices,
    suspect,
    search,
    reminders,
    binding,
)


PAIRS = [
    pytest.param(talk, sample, id=f"{talk.__name__}-{sample.kind}-{place}")
    for number, talk in enumerate(TALKS_OF)
    for place, sample in enumerate(SECRETS)
    if TALKS > 1 or (number + place) % 3 == 0
]


@pytest.mark.parametrize(("talk", "sample"), PAIRS)
def test_no_talk_brings_a_secret_before_a_group(stage: Stage, talk: Talk, sample: Sample) -> None:
    kinds = _kinds(stage)
    heard = 0
    for shown in talk(stage, sample.text):
        heard += len(shown)
        told = _told(shown, kinds, sample)
        assert not told
    assert heard


def test_the_talks_do_reach_groups(stage: Stage) -> None:
    kinds = _kinds(stage)
    for talk in (reports, notices, suspect, search, reminders):
        shown = [one for some in talk(stage, "急事") for one in some]
        assert any(one.chat in kinds for one in shown), talk.__name__
        public = [one for one in shown if one.chat in kinds and kinds[one.chat].is_public]
        assert public or talk is reminders, talk.__name__


def test_who_takes_it_hears_the_rest_privately(stage: Stage) -> None:
    stage.say("居民甲", "上报 3号楼2单元601漏水，电话13812345678，车晋E12345挡着")
    shown = stage.say("网格员甲", "接单 报1")
    told = "\n".join(one.text for one in shown if one.chat == "网格员甲")
    assert all(secret in told for secret in ("601", "13812345678", "晋E12345"))


HOUSES = ("12号", "１２号", "十二号", "12-3号", "甲12号", "12号院")
STREETS = ("大侯老街", "大侯老街微网格", "大侯村老街", "大侯村")
TOLD = (
    "心愿 厨房灯坏了想换灯，{}，我一个人",
    "心愿 想换灯，{} 张秀兰",
    "隐患 {} 门口堆柴",
    "上报 {} 门前路灯坏了",
)


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("street", STREETS)
def test_a_house_is_for_whoever_takes_the_matter_and_no_group(stage: Stage, street: str, told: str) -> None:
    kinds = _kinds(stage)
    for house in HOUSES:
        shown = [one for one in stage.say("居民乙", told.format(street + house)) if one.chat in kinds]
        assert shown, (told, street, house)
        assert not [one.text for one in shown if re.search("12|１２|十二", one.text)]


def test_the_matter_of_a_dispute_has_no_house() -> None:
    assert disputes.masked("老街甲12号张三家排水沟堵了", [disputes.Party("张三", "")]) == "老街〔门牌〕甲方排水沟堵了"


@pytest.mark.parametrize("house", HOUSES)
def test_a_house_to_be_moved_from_is_no_groups(stage: Stage, house: str) -> None:
    kinds = _kinds(stage)
    stage.say("网格员甲", f"走访 门牌 大侯老街微网格{house}")
    stage.say("指挥室", "走访 防汛 大侯村 5天内")
    shown = [one for one in stage.say("网格员甲", "走访 访1 1 需转移") if one.chat in kinds]
    assert "大侯老街微网格 有一户需转移" in shown[0].text


def test_a_building_is_what_the_team_sees(stage: Stage) -> None:
    shown = stage.say("居民乙", "上报 大侯老街微网格3号楼2单元402漏水")
    card = next(one.text for one in shown if one.chat == TEAM)
    assert "大侯老街微网格3号楼" in card
    assert "402" not in card


def test_where_there_is_danger_the_team_reads_the_house(stage: Stage) -> None:
    shown = stage.say("居民乙", "上报 大侯老街12号着火了")
    assert any("12号着火" in one.text for one in shown if one.chat == TEAM)


@pytest.mark.parametrize("sample", SECRETS, ids=lambda one: f"{one.kind}-{one.form}")
@pytest.mark.parametrize("place", [GROUP, TEAM])
def test_whatever_is_said_to_a_group_passes_the_gate(stage: Stage, sample: Sample, place: str) -> None:
    kind = _kinds(stage)[place]
    with stage.world.db.write() as session:
        chat = chats.at(session, "play", place)
        assert chat is not None
        post(session, stage.world.words, [Say(said(sample.text), chat=chat.id)], Cause("r03"), stage.world.now())
    shown = [one for one in stage.play.pump() if one.chat == place]
    assert shown
    assert not any(leaks(one.text, sample, public=kind.is_public) for one in shown)


@pytest.mark.parametrize("sample", SECRETS, ids=lambda one: f"{one.kind}-{one.form}")
def test_whatever_is_published_passes_the_gate(stage: Stage, sample: Sample) -> None:
    kinds = _kinds(stage)
    now = stage.world.now()
    notice = Say(said(sample.text))
    with stage.world.db.write() as session:
        targets = [chat.id for chat in chats.groups(session, (ChatKind.RESIDENTS, ChatKind.WORKERS))]
        common = {"topic": "bulletin:1", "lane": Lane.BULK, "now": now}
        publishing.publish(session, stage.world.words, name="r03", notice=notice, targets=targets, **common)  # type: ignore[arg-type]
    shown = stage.play.pump()
    with stage.world.db.write() as session:
        publishing.update(session, stage.world.words, notice=notice, bare=notice, **common)  # type: ignore[arg-type]
    shown += stage.play.pump()
    with stage.world.db.write() as session:
        publishing.take_back(session, stage.world.words, closing=notice.text, close=True, **common)  # type: ignore[arg-type]
    shown += stage.play.pump()
    assert len({one.chat for one in shown}) == len(targets)
    assert not [one for one in shown if leaks(one.text, sample, public=True)]
    assert all(kinds[one.chat].is_group for one in shown)


def test_labels_commands_and_short_answers_are_gated() -> None:
    row = (OutButton("打13812345678", "帮助"), OutButton("好", "转派 报1 13812345678"), OutButton("行", "接单 报1"))
    only_bad = (OutButton("x", "补充 大侯村58号"),)
    shown = aloud(Outgoing("住3号楼2单元601", (row, only_bad), (7,), "找13812345678"), (), public=True)
    assert shown.text == "住3号楼〔门牌〕"
    assert [[one.label for one in row] for row in shown.buttons] == [["打〔电话〕", "行"]]
    assert shown.toast == "找〔电话〕"
    assert shown.media == (7,)
    team = aloud(Outgoing("大侯村58号", (only_bad,)), (), public=False)
    assert (team.text, len(team.buttons)) == ("大侯村58号", 1)


def test_the_stations_own_lines_and_links_pass_the_gate() -> None:
    text = "值班0356-2223110，见 https://mp.weixin.qq.com/s/2247483651234567890，定位 https://a.b/?q=36.1,113.2"
    shown = aloud(Outgoing(text), ("0356-2223110",), public=True).text
    assert "0356-2223110" in shown
    assert "https://mp.weixin.qq.com/s/2247483651234567890" in shown
    assert "113.2" not in shown


def test_names_of_files_hold_nobody(stage: Stage) -> None:
    with stage.world.db.write() as session:
        number = media.want(session, media.MediumKind.FILE, {"ref": "13812345678.xlsx"}, stage.world.now())
        assert media.get(session, number).name is None


def test_the_secrets_are_of_every_kind() -> None:
    assert {one.kind for one in SECRETS} == {"phone", "id", "card", "door", "plate", "place", "house", "local"}
    assert all(readable(one.text) for one in SECRETS)
