"""Tellers with canaries (举报人): each with an account, a name and words of its own, and what becomes of each."""

import random
import re
from dataclasses import dataclass, field

from bot.channels.console import ACCOUNT, Shown
from handlers.dialogue import turn
from handlers.dialogue.message import Incoming, MediaRef
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage

CANARY = re.compile(r"canary(?:acct|name|word)[a-z]{12}")
CANARY_BYTES = re.compile(rb"canary(?:acct|name|word)[a-z]{12}")
CODE = re.compile(r"线[0-9]+")
RECEIPT = re.compile(r"\d{4} \d{4} \d{4} \d{4}")
GROUP, TEAM = "大侯村居民群", "大侯村网格群"
OFFICER, WORKER, DESK = "民警甲", "网格员甲", "指挥室"
FATES = ("taken", "receipt", "described", "withdrawn", "picture", "sighting", "answer", "poison", "merged", "cut off")


@dataclass(slots=True)
class Teller:
    """Somebody who tells one thing; `fate` says how and what becomes of it."""

    account: str
    name: str
    words: str
    fate: str
    code: str = ""
    receipt: str = ""
    taker: str = ""


def tellers(count: int, seed: int = 12) -> list[Teller]:
    """So many, the fates in turn."""
    rng = random.Random(seed)

    def canary(kind: str) -> str:
        return f"canary{kind}" + "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(12))

    return [
        Teller(canary("acct"), canary("name"), canary("word"), FATES[number % len(FATES)]) for number in range(count)
    ]


@dataclass(slots=True)
class Town:
    """A stage on which tellers tell; `seen` is everything anybody was shown."""

    stage: Stage
    seen: list[Shown] = field(default_factory=list)
    said: int = 0

    def by(self, teller: Teller, text: str, *, group: bool = False, picture: bool = False) -> list[Shown]:
        """A teller says something, privately unless in the residents' group; what is shown because of it."""
        self.said += 1
        media: tuple[MediaRef, ...] = ()
        if picture:
            self.stage.play.console.files["photo"] = photo_bytes()
            media = (MediaRef("photo", "photo", "image/jpeg", 4000),)
        incoming = Incoming(
            ACCOUNT,
            f"told {self.said}",
            "message",
            GROUP if group else teller.account,
            not group,
            teller.account,
            teller.name,
            self.stage.world.now(),
            text=text,
            message_id=f"t{self.said}",
            media=media,
        )
        queue = turn.receive(self.stage.world, incoming)
        while queue is not None and turn.answer_next(self.stage.world, queue):
            pass
        shown = self.stage.play.pump()
        for one in shown:
            if one.chat == teller.account and not teller.code and (found := CODE.search(one.text)):
                teller.code = found.group()
            if one.chat == teller.account and (digits := RECEIPT.search(one.text)):
                teller.receipt = digits.group()
        self.seen += shown
        return shown

    def say(self, who: str, text: str, group: str | None = None) -> list[Shown]:
        """Somebody of the county says something."""
        shown = self.stage.say(who, text, group)
        self.seen += shown
        return shown

    def press(self, who: str, card: Shown, label: str) -> list[Shown]:
        """Somebody presses a button."""
        shown = self.stage.press(who, card, label)
        self.seen += shown
        return shown

    def later(self, **span: float) -> list[Shown]:
        """Time goes on."""
        shown = self.stage.later(**span)
        self.seen += shown
        return shown

    def tell(self, teller: Teller) -> list[Shown]:
        """The tip itself, in the way of the teller's fate."""
        words = f"昨晚水头村3号楼车棚有人撬锁{teller.words}"
        if teller.fate == "described":
            return self.by(teller, f"/上报 水头村有个可疑男子穿黑色外套{teller.words}", group=True)
        if teller.fate == "withdrawn":
            self.by(teller, "线索")
            return self.by(teller, words)
        if teller.fate == "picture":
            self.by(teller, "/线索", picture=True)
            return self.by(teller, words)
        if teller.fate == "sighting":
            return self.by(teller, f"线索 寻1 9点多在桥头看见一个穿蓝棉袄的老人{teller.words}")
        if teller.fate == "answer":
            return self.by(teller, f"线索 反1 水头村有人冒充客服{teller.words}")
        return self.by(teller, f"/线索 {words}", group=teller.fate in ("receipt", "cut off"))

    def live(self, teller: Teller, shown: list[Shown], before: Teller | None, by_receipt: Teller) -> None:
        """What becomes of it; `before` is an earlier tip it may be merged into, `by_receipt` another account."""
        if teller.fate == "withdrawn":
            self.by(teller, f"撤销 {teller.code}")
        if teller.fate == "merged" and before is not None:
            self.say(OFFICER, f"合并 {teller.code} {before.code}")
        if teller.fate not in ("taken", "receipt"):
            return
        teller.taker = OFFICER if teller.fate == "taken" else WORKER
        card = next(one for one in shown if one.chat == TEAM and any(label == "接单" for label, _ in one.buttons))
        self.press(teller.taker, card, "接单")
        self.say(teller.taker, f"问线索 {teller.code} 车是什么颜色？")
        if teller.fate == "taken":
            self.by(teller, f"补充 {teller.code} 红色{teller.words}")
        else:
            self.by(by_receipt, f"回执 {teller.receipt} 红色{teller.words}")
            self.by(by_receipt, f"回执 {teller.receipt}")
        self.by(teller, f"进度 {teller.code}")
        self.by(teller, "我的数据")

    def end(self, teller: Teller) -> None:
        """The end of those that were taken; what is told to whoever was merged into it quotes nobody."""
        if teller.taker:
            quoted = teller.words if teller.fate == "receipt" else ""
            self.say(teller.taker, f"/办结 {teller.code} 已核实{quoted}")
        if teller.fate == "receipt":
            self.by(teller, "退出 确定")
