"""A record's number privately (编号): alone, or with what is said of it beside it."""

import re

from handlers.dialogue import access, command
from handlers.dialogue.address import words_of
from handlers.dialogue.meaning import Meaning, meaning_of
from handlers.dialogue.message import Quoted
from handlers.dialogue.scene import Scene
from handlers.reading import intent, replies
from handlers.reading.codes import codes
from handlers.reading.intent_words import GAPS, asks
from handlers.reading.lazy import Lazy
from handlers.reading.normal import fold
from storage.forms import OpenForm

ANSWERED_BY = frozenset("隐报求线")
"""Letters of numbers that may be the answer to a question: by one of these an owner is named."""
ASKED_AFTER = {
    **dict.fromkeys("隐报求线纠劝返联愿夜巡车志班", "进度"),
    **dict.fromkeys("反预库", "通报"),
    "访": "走访",
}
"""What a record's number alone asks for, by its letter; 寻3 and 协1 are commands of their own."""
TOLD_BY_NUMBER = {"愿": "心愿", "返": "领取", "劝": "见面", "访": "走访", "夜": "夜话"}
"""Whose word understands what stands beside the number: 愿1 做好了."""
SHOWN_BY_PHOTO = frozenset("愿")
"""Letters of numbers beside which a photo without a word shows what was done, and does not ask."""
LONGEST_BEFORE = 24
"""A longer sentence that ends with a number is talk about it: the number is not what it says something to."""
AROUND = " \t\r\n\u3000,，.。:：;；、!！~～"
ADDED_BY_NUMBER = frozenset("隐报求线纠")
"""What is told behind these letters is 补充: 纠1 他又来闹; from the team only of a dispute, for 隐1 修好了 ends it."""
TALKED_OF = ADDED_BY_NUMBER | {"愿"}
"""Letters of what people talk about through the bot: a question quoting its message goes to the other side."""
_COURTESY = Lazy(
    r"(?:(?:谢谢|多谢|感谢|辛苦|麻烦|好|行|中|嗯|哦|收到|知道|明白|没事|可以|ok)"
    r"[您你们了的啦呀啊哈吧,。!~ ]*)+",
    re.IGNORECASE,
)
LEAVE = frozenset("劝愿访")
"""Letters of such numbers with which no answer to a question begins."""


def code_alone(folded: str, scene: Scene) -> Meaning | None:
    """隐12 or 反4 and nothing else, privately: how it stands, for those who may know."""
    said = folded.strip().strip("。.!?？！ ")
    found = tuple(codes(said))
    word = ASKED_AFTER.get(found[0].prefix) if len(found) == 1 and found[0].span == (0, len(said)) else None
    if word is None or not access.may(scene.actor, word, scene.kind):
        return None
    return Meaning(command.all_commands()[word], said, "bare", found)


def told_by_number(raw: str, folded: str, scene: Scene) -> Meaning | None:
    """A record's number and what is said of it, 愿1 做好了 or 做好了 愿1, by somebody whose work it may be."""
    short = len(folded) <= LONGEST_BEFORE
    found = codes(folded if short else folded[:12])
    named = next(iter(found), None)
    if named is None:
        return None
    before, behind = raw[: named.span[0]].strip(AROUND), raw[named.span[1] :].strip(AROUND)
    if before and (behind or len(found) > 1 or not short):
        return None
    if replies.asks_how(fold(before or behind)):
        word = ASKED_AFTER.get(named.prefix)
        return meaning_of(word, str(named), "bare") if word and access.may(scene.actor, word, scene.kind) else None
    order = words_of(behind) if not before else None
    if order is not None and intent.ordered(order.command.word, order.after):
        word = order.command.word
        if access.may(scene.actor, word, scene.kind):
            return meaning_of(word, f"{named} {order.rest}".strip(), "bare")
    word = TOLD_BY_NUMBER.get(named.prefix)
    noted = named.prefix == "纠" or not scene.actor.has(access.TEAM)
    if named.prefix in ADDED_BY_NUMBER and behind.strip(GAPS) and noted and not intent.danger(folded):
        word = "补充"
    if word is None or asks(folded) or not access.may(scene.actor, word, scene.kind):
        return None
    return meaning_of(word, f"{named} {before or behind}", "bare")


def told_to_quoted(quoted: Quoted | None, raw: str, folded: str, scene: Scene) -> Meaning | None:
    """What is said in answer to a message of the bot about one record: as if its number stood before it."""
    if quoted is None or not quoted.from_bot or codes(folded) or _COURTESY.fullmatch(folded.strip()):
        return None
    if intent.danger(folded):
        return None
    named = {str(one): one.prefix for one in codes(fold(quoted.text))}
    if len(named) != 1:
        return None
    (number, letter), *_ = named.items()
    if asks(folded) and not replies.asks_how(folded) and letter in TALKED_OF:
        may_add = not scene.actor.has(access.TEAM) or letter == "愿"
        return meaning_of("补充", f"{number} {raw}", "bare") if may_add else None
    return told_by_number(f"{number} {raw}", f"{number} {folded}", scene)


def asks_how(folded: str, scene: Scene) -> bool:
    """A number alone in the middle of a guided talk, of what is never the answer to a question there."""
    meaning = code_alone(folded, scene)
    return meaning is not None and meaning.codes[0].prefix not in ANSWERED_BY


def tells_of_another(form: OpenForm, folded: str, scene: Scene) -> bool:
    """劝1 没转 in the middle of a guided talk that is about no record."""
    return form.topic is None and folded.strip()[:1] in LEAVE and told_by_number(folded, folded, scene) is not None
