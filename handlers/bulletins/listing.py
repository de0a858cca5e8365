"""通报: the bulletins that count or wait, and how one of them stands."""

from collections.abc import Sequence

from handlers.bulletins import audience, naming, rules, views
from handlers.bulletins.views import Office
from handlers.dialogue import paging
from handlers.dialogue.access import refuse
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Button, Say, button, rows, say
from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import text
from handlers.reading import intent
from handlers.reading.codes import Code
from handlers.reading.codes import codes as read_codes
from handlers.reading.normal import fold
from storage import bulletins, calls, deliveries, objections
from storage.bulletins import Bulletin, BulletinKind, BulletinState

OPEN = (BulletinState.LIVE, BulletinState.WAITING, BulletinState.APPROVED)
MOST = 15


def listing(office: Office, actor: Actor, rest: str, codes: Sequence[Code]) -> list[Say]:
    """通报; 通报 反4; 通报 2 shows the next ones."""
    if codes:
        return [_one(office, actor, naming.meant(office, codes, None, "通报"))]
    found = [
        one for one in bulletins.in_state(office.session, OPEN) if audience.is_ours(office.session, actor, one.area_id)
    ]
    if not found:
        return [say("bulletins.none")]
    first, last, following = paging.pages(len(found), paging.page_of(rest), MOST)
    lines = tuple(views.line(office, one) for one in found[first:last])
    if len(found) == len(lines):
        return [say("bulletins.list", lines=lines)]
    more = [] if following is None else [button("bulletins.more", f"通报 {following}")]
    shown = text("bulletins.list_page", n=len(found), first=first + 1, last=last, lines=lines)
    return [Say(shown, buttons=rows(*more))]


def _one(office: Office, actor: Actor, bulletin: Bulletin) -> Say:
    if not audience.is_ours(office.session, actor, bulletin.area_id):
        raise refuse("bulletins.unknown", code=bulletin.code)
    body = bulletins.body_of(office.session, bulletin)
    given = bulletins.approvals(office.session, bulletin)
    waits = bulletin.state is BulletinState.WAITING
    buttons: list[Button] = [button("bulletins.recall_button", f"撤回 {bulletin.code}")]
    if waits:
        buttons.insert(0, button("bulletins.approve", f"批准 {bulletin.code} {bulletin.content_hash[:8]}"))
    over = bulletin.state not in (*OPEN, BulletinState.DRAFT)
    return Say(
        text(
            "bulletins.one",
            code=bulletin.code,
            state=views.state(bulletin),
            words=views.notice(office, bulletin, body).text if body else text("bulletins.erased"),
            author=office.called(bulletin.author_id),
            approvers="、".join(office.called(one.person_id) for one in given) or "—",
            reach=views.reach(office, bulletin),
            content=bulletin.content_hash[:8] or "—",
            delivery=_delivery(office, bulletin),
        ),
        buttons=() if over else rows(buttons),
    )


def _delivery(office: Office, bulletin: Bulletin) -> object:
    found = [one for one in deliveries.of_topic(office.session, bulletin.topic)]
    if not found:
        return text("bulletins.not_sent")
    tally = calls.tally(office.session, found[-1].id)
    total = len(found[-1].targets)
    return text("bulletins.delivered", sent=tally.sent, total=total, unsure=tally.unsure, waiting=tally.waiting)


def photo(office: Office, message: Incoming) -> Say:
    """协2, 照片 协2: the notice with its photo for one reader, privately, where their channel could not get it (R8)."""
    named = [code for code in read_codes(fold(message.text)) if code.prefix == rules.SUSPECT]
    if not named:
        raise refuse("bulletins.photo_how")
    bulletin = bulletins.numbered(office.session, BulletinKind.SUSPECT, named[0].number)
    if bulletin is None or bulletin.state is not BulletinState.LIVE:
        raise refuse("bulletins.not_live", code=str(named[0]))
    return shown(office, bulletin)


def shown(office: Office, bulletin: Bulletin) -> Say:
    """A live suspect notice as a copy of its own, which is taken back with the others; contested, as all see it."""
    view = views.frozen if objections.hides(office.session, bulletin.topic) else views.notice
    one = view(office, bulletin, bulletins.body_of(office.session, bulletin))
    return Say(one.text, media=one.media, topic=bulletin.topic, expires_at=bulletin.expires_at)


COMMANDS = (
    Command("通报", listing, latin="bulletins", bare=intent.bulletins, rank=27),
    Command("照片", photo, latin="photo", aliases=("协",), private=True, rank=0),
)
