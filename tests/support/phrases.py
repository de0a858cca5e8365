"""Phrases as data: lines people type, who types them where, and how the bot reads them."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.channels.console import ACCOUNT
from handlers.dialogue import access, command, scene, understand
from handlers.dialogue.command import Command
from handlers.dialogue.meaning import Danger, Meaning
from handlers.dialogue.message import Incoming, Quoted
from handlers.reading import intent
from tests.support.stage import START, Stage

FOLDER = Path(__file__).parents[1] / "phrases"
CHATS = {"residents": "大侯村居民群", "workers": "大侯村网格群", "officers": "派出所警务群", "private": None}
SPEAKERS = {
    "居民": "居民甲",
    "商户": "商户甲",
    "网格员": "网格员甲",
    "社区民警": "民警甲",
    "民警": "民警甲",
    "辅警": "辅警甲",
    "办案队": "办案队甲",
    "志愿者": "义警甲",
}
PREDICATES = {
    "上报": (intent.report, "report"),
    "隐患": (intent.hazard, "hazard"),
    "求助": (intent.help_call, "helpcall"),
    "线索": (intent.tip, "tip"),
    "代报": (intent.on_behalf, "onbehalf"),
    "进度": (intent.progress, "progress"),
    "补充": (intent.add_note, "note"),
    "撤销": (intent.withdraw_report, "withdraw"),
    "接单": (intent.take, "take"),
    "转派": (intent.hand_over, "handover"),
    "办结": (intent.done, "done"),
    "合并": (intent.merge, "merge"),
    "待办": (intent.todo, "todo"),
    "寻人": (intent.missing, "missing"),
    "核实": (intent.verify, "verify"),
    "扩圈": (intent.widen, "widen"),
    "找到": (intent.found, "found"),
    "线索汇总": (intent.timeline, "timeline"),
    "反诈": (intent.fraud, "fraud"),
    "预警": (intent.warning, "warning"),
    "协查": (intent.suspect, "suspect"),
    "批准": (intent.approve, "approve"),
    "驳回": (intent.reject, "reject"),
    "夜间发送": (intent.night_send, "nightsend"),
    "撤回": (intent.recall, "recall"),
    "更正": (intent.correct, "correct"),
    "通报": (intent.bulletins, "bulletins"),
    "提醒": (intent.remind, "remind"),
    "我的提醒": (intent.my_reminders, "reminders"),
    "改提醒": (intent.change_reminder, ""),
    "取消提醒": (intent.cancel_reminder, ""),
    "绑定": (intent.bind, "bind"),
    "绑定群": (intent.bind_group, "bindgroup"),
    "发码": (intent.issue_codes, "issue"),
    "退出": (intent.leave, "leave"),
    "我的数据": (intent.my_data, "mydata"),
    "帮助": (intent.help_, "help"),
    "开始": (command.never, "start"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: kind of chat, the speaker's role, the text, and the command expected ("" for ordinary talk)."""

    chat: str
    speaker: str
    text: str
    command: str = ""


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a file, `\\n` in a text made a new line."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [{key: value.replace("\\n", "\n") for key, value in row.items()} for row in read]


def lines(name: str) -> list[Line]:
    """The lines of a file of ordinary talk or commands."""
    return [Line(**row) for row in rows(name)]


def table() -> Mapping[str, Command]:
    """Word → command: the real ones, and stand-ins with the grammar's own predicate where a file is missing."""
    found = dict(command.all_commands())
    for word, (bare, latin) in PREDICATES.items():
        if word in access.MATRIX and word not in found:
            made = Command(word, handle=str, latin=latin, bare=bare)
            found.update({one: made for one in (word, latin) if one and one not in found})
    return found


def incoming(line: Line, key: str = "k", reply_to: Quoted | None = None) -> Incoming:
    """The line as the console channel hands it in."""
    chat = CHATS[line.chat]
    who = SPEAKERS.get(line.speaker, line.speaker)
    return Incoming(
        account=ACCOUNT,
        key=key,
        kind="message",
        chat=chat or who,
        private=chat is None,
        sender=who,
        sender_name=who,
        at=START,
        text=line.text,
        message_id=key,
        chat_title=chat or "",
        reply_to=reply_to,
    )


def understood(stage: Stage, lines: list[Line]) -> Iterator[tuple[Line, Meaning | Danger | None]]:
    """Each line as the bot understands it on the sample county."""
    now = stage.world.now() + timedelta(0)
    with stage.world.db.read() as session:
        for line in lines:
            said = incoming(line)
            there = scene.look(session, said)
            yield line, understand.read(session, said, there, now, stage.world.bot_names)


def word_of(meaning: Meaning | Danger | None) -> str:
    """The command's main word; `危急` for words of danger, "" for ordinary talk and private talk."""
    if isinstance(meaning, Danger):
        return "危急"
    return meaning.command.word if meaning is not None and meaning.command is not None else ""
