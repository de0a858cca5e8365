"""发送, 改时间, 改范围, 作废: what the author of a draft can do with it; the buttons below the preview say the same."""

from collections.abc import Sequence
from datetime import datetime

from handlers.bulletins import actions, audience, drafting, form, naming, rules
from handlers.bulletins.views import Office
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.form import Problem
from handlers.dialogue.say import Say, button, rows
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.publishing.rules import sure_of
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.normal import fold
from handlers.reading.places import Gazetteer
from storage.chats import ChatKind


def send(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """发送 反4; 发送 预2 现在; the button that shows the number again adds 共12群."""
    bulletin = naming.meant(office, codes, topic, "发送")
    said, sure = sure_of(fold(naming.beside(rest, codes)))
    return actions.submit(office, actor, bulletin, at_once=said in form.AT_ONCE, sure=sure)


def retime(office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """改时间 反4 明天9点; alone it shows what to say."""
    bulletin = naming.meant(office, codes, topic, "改时间")
    drafting.own(office, actor, bulletin)
    said = naming.beside(rest, codes)
    if not said:
        choices = (
            button("bulletins.now", f"改时间 {bulletin.code} 现在"),
            button("bulletins.tomorrow", f"改时间 {bulletin.code} 明早7点"),
        )
        return [Say(text("bulletins.retime_ask", code=bulletin.code), buttons=rows(choices))]
    moment = form.read_moment(said, office.now)
    if isinstance(moment, Problem):
        raise refuse(moment.text.key)
    return actions.retime(office, actor, bulletin, datetime.fromisoformat(moment) if moment else None)


def readdress(
    office: Office, actor: Actor, rest: str, codes: Sequence[Code], topic: str | None, gazetteer: Gazetteer
) -> list[Say]:
    """改范围 反4 全镇 居民群; alone it shows what to say."""
    bulletin = naming.meant(office, codes, topic, "改范围")
    home = drafting.own(office, actor, bulletin)["home"]
    said = naming.beside(rest, codes)
    scope = audience.scope_named(office.session, said, home, gazetteer)
    kinds = [ChatKind(one) for one in rules.audience_kinds(said)]
    if scope is None and not kinds:
        choices = [
            [button(key, f"改范围 {bulletin.code} {one}") for key, one in line]
            for line in (
                (
                    ("bulletins.own_area", "本区域"),
                    ("bulletins.whole_town", "全镇"),
                    ("bulletins.whole_county", "全县"),
                ),
                (("bulletins.kinds_public", "公众"), ("bulletins.kinds_residents", "居民群")),
                (("bulletins.kinds_merchants", "商户群"), ("bulletins.kinds_volunteers", "义警群")),
                (("bulletins.kinds_workers", "工作群"), ("bulletins.kinds_all", "全部")),
            )
        ]
        return [Say(text("bulletins.readdress_ask", code=bulletin.code), buttons=rows(*choices))]
    return actions.readdress(office, actor, bulletin, scope, kinds)


def discard(office: Office, actor: Actor, codes: Sequence[Code], topic: str | None) -> list[Say]:
    """作废 反4: what the 取消 button below a preview says."""
    return actions.discard(office, actor, naming.meant(office, codes, topic, "作废"))


COMMANDS = (
    Command("发送", send, latin="send", bare=intent.has_code, private=True, rank=0),
    Command("改时间", retime, latin="retime", bare=intent.has_code, private=True, rank=0),
    Command("改范围", readdress, latin="readdress", bare=intent.has_code, private=True, rank=0),
    Command("作废", discard, latin="discard", bare=intent.has_code, private=True, rank=0),
)
