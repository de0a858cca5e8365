"""A crowd that says anything (乱说): random people, chats, words, presses, edits, pictures and leaps of time."""

import logging
import random
import re
from collections import deque
from dataclasses import dataclass, field

from sqlalchemy import select

from bot.channels.console import Shown
from bot.play import UnknownName
from handlers.dialogue import command
from handlers.dialogue.message import MediaRef, Quoted
from storage.inbox import InboxRow, InboxState
from storage.outbox import OutboxRow, OutboxState
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage

RESIDENTS = ("居民甲", "居民乙", "居民丙", "商户甲")
PEOPLE = (*RESIDENTS, "网格员甲", "网格员乙", "民警甲", "民警乙", "所长", "副所长", "指挥室", "义警甲", "管理员")
PUBLIC = ("大侯村居民群", "幸福社区居民群", "商户群", "义警群")
GROUPS = (*PUBLIC, "大侯村网格群", "幸福社区网格群", "派出所警务群", "综合指挥室群", "管理员群")
CANARIES = ("13812345678", "110105194912310021", "6222021234567890128", "京A12345", "3单元402室")
SECRETS = tuple(f"{one}" for one in ("13812345678", "110105194912310021", "6222021234567890128", "京A12345", "402"))
PHRASES = (
    "3号楼地下室进水了",
    "水头村村口路灯坏了",
    "一个光头男子穿黑外套在地里转悠",
    "我奶奶78岁，叫王秀英，今天早上9点在大侯村菜场走丢了，穿蓝棉袄，有老年痴呆",
    "冒充客服退款诈骗高发，请不要转账",
    "明天9点 走访7号楼",
    "每周五下午4点 报周报",
    "昨天下午三点在东岭村石窑看见一个穿红衣服的老太太",
    "着火了快来人",
    "已现场处理好",
    "给民警乙",
    "幸福社区",
    "现在",
    "本区域",
    "居民群",
    "不知道",
    "返回",
    "取消",
    "是",
    "2",
    "确定",
    "社区民警 大侯村",
    "网格员 幸福社区",
    "78岁",
    "同意",
    "案号 A2026110012",
    "黑色夹克、骑红色电动车",
    "成年",
    "24小时",
    "大侯村菜场",
    "十分钟后",
    "{花括号} <b>尖</b> %s \\ \x00\x07",
    "😀" * 40,
    "啊" * 4200,
    "",
    " ",
    "，。",
)
TAKES_CODES = frozenset("进度 补充 撤销 接单 转派 办结 合并 重开 progress add withdraw take assign done merge".split())
CODE = re.compile(r"[报隐求线寻反预协提]\d+")
CHATTER = ("今天吃什么", "好的，收到", "谁有空一起打牌", "明天赶集去不去", "👍", "孩子作业写完了")
FACTS = ("在大侯村", "穿蓝色棉袄", "人很着急", "在菜场门口", "路边有水")


@dataclass
class Crowd:
    """People at random on a stage; `wrong` gathers what must never happen."""

    stage: Stage
    chance: random.Random
    log: list[logging.LogRecord] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    told: deque[str] = field(default_factory=lambda: deque(maxlen=40))
    codes: set[str] = field(default_factory=set)
    lately: deque[Shown] = field(default_factory=lambda: deque(maxlen=150))
    spoken: deque[tuple[str, str | None, str]] = field(default_factory=lambda: deque(maxlen=40))
    count: int = 0

    def __post_init__(self) -> None:
        self.stage.play.console.files["photo"] = photo_bytes()
        self.stage.play.console.files["bad"] = b"no picture"
        self.words = sorted(command.all_commands())

    def step(self) -> None:
        """One thing happens."""
        self.count += 1
        doing = self.chance.choices(
            (self.speak, self.press, self.talk, self.answer, self.change, self.wait), (40, 40, 5, 8, 4, 6)
        )[0]
        doing()

    def phrase(self, *, about_tips: bool = False) -> str:
        """Some words, often with a number of a record, sometimes with what must not be said aloud."""
        parts = []
        if self.codes and self.chance.random() < 0.5:
            parts.append(self.chance.choice(sorted(one for one in self.codes if about_tips or one[0] != "线") or [""]))
        if self.chance.random() < 0.05:
            parts.append(f"{self.chance.choice('报隐求寻反预协提')}{self.chance.choice((0, 7, 99, 123456789012))}")
        if self.chance.random() < 0.75:
            parts.append(self.chance.choice(PHRASES))
        if self.chance.random() < 0.3:
            parts += [self.chance.choice(FACTS), self.chance.choice(CANARIES)]
        return self.chance.choice((" ", "，", "")).join(parts)

    def media(self) -> tuple[MediaRef, ...]:
        """Now and then a picture, one that is none, or a voice."""
        draw = self.chance.random()
        if draw < 0.08:
            return (MediaRef("photo", "photo", "image/jpeg", 4000),)
        if draw < 0.1:
            return (MediaRef("photo", "bad", "image/jpeg", 10),)
        return (MediaRef("voice", "bad", "audio/ogg", 10),) if draw < 0.12 else ()

    def where(self) -> str | None:
        """A group, or nobody else's business."""
        return self.chance.choice(GROUPS) if self.chance.random() < 0.4 else None

    def speak(self) -> None:
        """Somebody says a command, or privately anything."""
        who, chat = self.chance.choice(PEOPLE), self.where()
        sign = self.chance.choice(("/", "#", "@网格助手 ", "／"))
        bare = chat is None and self.chance.random() < 0.7
        word = "" if chat is None and self.chance.random() < 0.4 else self.chance.choice(self.words)
        gap = " " if word.isascii() else self.chance.choice((" ", ""))
        text = f"{'' if bare or not word else sign}{word}{gap}{self.phrase(about_tips=word in TAKES_CODES)}"
        place = (35.1234567, 112.7654321) if self.chance.random() < 0.04 else None
        media = self.media()
        self.count += 1
        name = f"m{self.count}"
        self.told.append(f"{who} in {chat}: {text[:80]!r} {media} {place}")
        shown = self.stage.say(who, text, chat, media=media, location=place, message_id=name)
        self.spoken.append((who, chat, name))
        signed = chat is None and bool(text.strip() or media or place)
        self.judge(shown, must=signed or (bool(word) and not bare and sign != "#"))

    def press(self) -> None:
        """Somebody presses a button they see, or another's, or one never shown."""
        buttons = [(one, label) for one in self.lately for label, does in one.buttons if does]
        if not buttons:
            return
        one, label = self.chance.choice(buttons[-60:])
        private = one.chat in PEOPLE
        who = one.chat if private else self.chance.choice(PEOPLE)
        self.told.append(f"{who} presses {label} in {one.chat}: {dict(one.buttons)[label]!r}")
        try:
            shown = self.stage.press(who, one, label)
        except UnknownName:
            return
        self.judge(shown, must=True)

    def talk(self) -> None:
        """Ordinary talk in a group is none of the bot's business."""
        who, chat = self.chance.choice(PEOPLE), self.chance.choice(GROUPS)
        text = self.chance.choice(CHATTER)
        self.told.append(f"{who} in {chat}: {text} (talk)")
        shown = self.stage.say(who, text, chat)
        self.judge(shown)
        if shown:
            self.note(f"ordinary talk was answered: {shown}")

    def answer(self) -> None:
        """Somebody answers a message of the bot."""
        if not self.lately:
            return
        one = self.chance.choice(self.lately)
        private = one.chat in PEOPLE
        who = one.chat if private else self.chance.choice(PEOPLE)
        text = self.phrase()
        self.told.append(f"{who} answers {one.text[:30]!r} in {one.chat}: {text[:60]!r}")
        reply = Quoted(one.message_id, from_bot=True, text=one.text)
        try:
            shown = self.stage.say(who, text, None if private else one.chat, reply_to=reply, media=self.media())
        except UnknownName:
            return
        self.judge(shown, must=private and bool(text.strip()))

    def change(self) -> None:
        """Somebody edits what they said."""
        if not self.spoken:
            return
        who, chat, name = self.chance.choice(self.spoken)
        text = self.phrase()
        self.told.append(f"{who} edits {name} in {chat}: {text[:60]!r}")
        self.judge(self.stage.say(who, text, chat, kind="edited", message_id=name))

    def wait(self) -> None:
        """Time goes on."""
        minutes = self.chance.choice((1, 3, 11, 16, 61, 300, 1500, 12000))
        self.told.append(f"{minutes} minutes later")
        self.judge(self.stage.later(minutes=minutes))

    def note(self, what: str) -> None:
        """Something that must never happen, with what led to it."""
        self.wrong.append("\n".join([what, *list(self.told)[-4:]]))

    def judge(self, shown: list[Shown], *, must: bool = False) -> None:
        """Look at what was shown."""
        for one in shown:
            self.codes |= set(CODE.findall(one.text)) if one.what == "sent" else set()
            if one.what in ("sent", "edited"):
                self.lately.append(one)
            self._look(one)
        if must and not shown:
            self.note("no answer")
        for record in self.log:
            if record.levelno >= logging.WARNING and not record.getMessage().startswith("slow"):
                self.note(f"log: {record.getMessage()}")
        self.log.clear()

    def _look(self, one: Shown) -> None:
        if one.what not in ("sent", "edited", "answer") or one.chat not in GROUPS:
            return
        said = one.text + "".join(label + does for label, does in one.buttons)
        if any(secret in said for secret in (SECRETS if one.chat in PUBLIC else SECRETS[:4])):
            self.note(f"said aloud in {one.chat}: {said}")
        if re.search(r"线\d", said):
            self.note(f"a tip's number in {one.chat}: {said}")
        if any(name in said for name in RESIDENTS):
            self.note(f"a resident's name in {one.chat}: {said}")

    def settle(self) -> None:
        """At the end nothing is left over."""
        self.judge(self.stage.later(minutes=1))
        with self.stage.world.db.read() as session:
            aside = session.scalars(select(InboxRow.id).where(InboxRow.state != InboxState.DONE)).all()
            held = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.UNSURE, OutboxState.DEAD)
            left = session.execute(
                select(OutboxRow.id, OutboxRow.state, OutboxRow.key).where(OutboxRow.state.in_(held))
            ).all()
        now_due = [row for row in left]
        if aside:
            self.wrong.append(f"inbox not done: {aside}")
        if now_due:
            self.wrong.append(f"outbox not settled: {now_due[:20]}")
