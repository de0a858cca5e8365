"""What can be done with belonging (归属): hand out codes, join by one, bind a group, leave; the only door."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue import access, noticing
from handlers.dialogue.access import ADMINS, CHIEFS, refuse
from handlers.dialogue.say import Say, button, say, to_each, to_people
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import Text, said, text
from handlers.dialogue.world import Station
from handlers.membership import giving_back, rules
from handlers.reminders import actions as reminding
from handlers.wishes import actions as wishes
from storage import (
    areas,
    audit,
    awaited,
    cards,
    chats,
    disclosures,
    ending,
    forms,
    households,
    notices,
    patrols,
    people,
    shifts,
    tokens,
    tries,
    visits,
    volunteers,
    weekly,
)
from storage.areas import Area, Level
from storage.chats import Chat, ChatKind
from storage.people import Role
from storage.tokens import Token, TokenKind

ROOT = "本辖区"
"""The area of the first admin where none has been imported yet; an imported county takes its place."""


def first_admin_code(session: Session, now: datetime) -> str | None:
    """A one-time code for the first admin of a fresh database; None once somebody is admin.

    A code handed out so before and not used no longer works.
    """
    if people.anybody_is(session, Role.ADMIN):
        return None
    tokens.drop_first_codes(session)
    everywhere = areas.all_of(session)
    root = everywhere[0] if everywhere else areas.add(session, ROOT, Level.COUNTY, None)
    return tokens.new_code(session, Role.ADMIN, root.id, None, now, now + rules.CODE_LIVES)


def hand_out(session: Session, actor: Actor, role: Role, area: Area, count: int, now: datetime) -> list[Say]:
    """One-time codes that give a role in an area (发码)."""
    access.require(actor, "发码", area)
    if not 1 <= count <= rules.MOST_CODES:
        raise refuse("membership.too_many_codes", most=rules.MOST_CODES)
    until = now + rules.CODE_LIVES
    codes = [tokens.new_code(session, role, area.id, actor.id, now, until) for _ in range(count)]
    audit.write(session, "codes", now, actor_id=actor.id, role=role.value, area=area.id, count=count)
    lines = tuple(said(f"{code[:4]}-{code[4:]}") for code in codes)
    return [
        say(
            "membership.codes",
            count=count,
            role=role.value,
            area=area.name,
            codes=lines,
            until=f"{until.month}月{until.day}日",
            first=f"{codes[0][:4]}-{codes[0][4:]}",
        )
    ]


def join(session: Session, actor: Actor, code: str, now: datetime) -> tuple[Role, Area] | Text:
    """Use a code up: the role and area it gave, or why it gave none; wrong ones are counted."""
    who = str(actor.id)
    if tries.count(session, "code", who, now, rules.TRIES_WITHIN) >= rules.TRIES:
        return text("membership.wait", minutes=int(rules.TRIES_WITHIN.total_seconds() // 60))
    token = tokens.find(session, TokenKind.JOIN, code) if code else None
    if token is None or token.role is None or token.area_id is None or not _is_valid(token, now):
        tries.wrong(session, "code", who, now, rules.TRIES_WITHIN)
        return text("membership.wrong_code")
    area = areas.get(session, token.area_id)
    if any(hold.role is token.role and hold.area_id == area.id for hold in actor.holds):
        return text("membership.held", role=token.role.value, area=area.name)
    if not tokens.use(session, token, now):
        return text("membership.wrong_code")
    people.grant(session, actor.id, token.role, area.id, now)
    audit.write(session, "join", now, actor_id=actor.id, role=token.role.value, area=area.id, made_by=token.made_by)
    return token.role, area


def _is_valid(token: Token, now: datetime) -> bool:
    return token.used_at is None and token.expires_at > now


def account_code(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """A code that makes another account this person's, too: whoever has two must not count as two."""
    code = tokens.new_account_code(session, actor.id, now, now + rules.ACCOUNT_CODE_LIVES)
    audit.write(session, "account code", now, actor_id=actor.id)
    shown = f"{code[:4]}-{code[4:]}"
    return [say("membership.account_code", code=shown, minutes=int(rules.ACCOUNT_CODE_LIVES.total_seconds() // 60))]


def join_account(
    session: Session, actor: Actor, code: str, account: str, user_id: str, now: datetime
) -> list[Say] | None:
    """Use an account's code: whoever speaks here is the person who made it. None where it is no such code.

    Somebody who already holds roles here is not merged: their records would have two owners. Whoever guessed too
    often is not even looked at: such a code is worth all the roles of its maker.
    """
    who = str(actor.id)
    if tries.count(session, "code", who, now, rules.TRIES_WITHIN) >= rules.TRIES:
        return None
    token = tokens.find(session, TokenKind.ACCOUNT, code) if code else None
    if token is None or token.made_by is None or not _is_valid(token, now):
        return None
    if token.made_by == actor.id:
        return [say("membership.same_account")]
    if actor.holds and any(hold.role not in (Role.RESIDENT, Role.MERCHANT) for hold in actor.holds):
        raise refuse("membership.account_has_roles")
    if not tokens.use(session, token, now):
        return None
    person = people.get(session, token.made_by)
    people.identify(session, person, account, user_id, now)
    chats.give_to(session, actor.id, person.id, account, now)
    audit.write(session, "account", now, actor_id=person.id, account=account)
    return [say("membership.account_joined", name=called(session, person.id))]


def keeps_name(session: Session, actor: Actor) -> bool:
    """Whether this is a resident on the station's list, whose name there stays: by it they may be the one missing."""
    person = people.get(session, actor.id)
    listed = person.is_registered and person.name_digest is not None
    return listed and not people.is_colleague(session, actor.id)


def call_oneself(session: Session, actor: Actor, name: str, now: datetime) -> None:
    """Somebody says what they are called; platforms that hide names leave it to them."""
    people.describe(session, people.get(session, actor.id), name=name)
    audit.write(session, "name", now, actor_id=actor.id)


def void(session: Session, actor: Actor, code: str, now: datetime) -> list[Say]:
    """A code shown in a group is void: everybody there has read it. Its maker and the admins hear."""
    answer = Say(text("membership.seen_code"), opens_for=actor.id, quote=True)
    own = tokens.find(session, TokenKind.ACCOUNT, code)
    if own is not None and tokens.use(session, own, now):
        audit.write(session, "void", now, actor_id=actor.id, made_by=own.made_by)
        return [answer, *to_people(say("membership.voided_account"), [own.made_by] if own.made_by is not None else [])]
    token = tokens.find(session, TokenKind.JOIN, code)
    if token is None or token.role is None or token.area_id is None or not tokens.use(session, token, now):
        tries.wrong(session, "code", str(actor.id), now, rules.TRIES_WITHIN)
        return [answer]
    audit.write(session, "void", now, actor_id=actor.id, role=token.role.value, area=token.area_id)
    told = say("membership.voided", role=token.role.value, area=areas.get(session, token.area_id).name)
    admins = [chat.id for chat in chats.groups(session, (ChatKind.ADMINS,))]
    makers = [token.made_by] if token.made_by is not None else []
    return [answer, *to_each(told, admins), *to_people(told, makers)]


def bind_group(
    session: Session,
    actor: Actor,
    chat: Chat,
    kind: ChatKind,
    area: Area,
    station: Station,
    now: datetime,
    *,
    here: bool = True,
) -> list[Say]:
    """Bind a group to an area, and tell everybody in it what is kept and why (R14).

    `here` is False where it is bound from a private talk, since the bot hears nothing in that group.
    A group that is bound already is given up only by somebody who might have bound it so.
    """
    _may_bind(actor, kind, area)
    if chat.area_id is not None and chat.kind.is_group and chat.kind is not ChatKind.UNBOUND:
        _may_bind(actor, chat.kind, areas.get(session, chat.area_id))
    before = chat.kind
    chats.bind(session, chat, kind, area.id, now)
    chat.notice_version = notices.VERSION
    audit.write(
        session, "bind", now, actor_id=actor.id, topic=f"chat:{chat.id}", kind=kind.value, area=area.id, before=before
    )
    notice = noticing.for_group(station, area.name)
    bound = say("membership.bound", kind=rules.KIND_WORDS[kind], area=area.name)
    return [bound, Say(notice) if here else Say(notice, chat=chat.id)]


def _may_bind(actor: Actor, kind: ChatKind, area: Area) -> None:
    access.require(actor, "绑定群", area)
    if kind in rules.INNER and not actor.has(ADMINS | CHIEFS, area):
        raise refuse("membership.inner", kind=rules.KIND_WORDS[kind])


def leave(session: Session, actor: Actor, now: datetime) -> list[Say]:
    """Somebody leaves: roles, accounts, name and reminders are erased, nothing more is sent to them.

    The first of what is said is for them, the rest tells others that a wish they had claimed waits again.
    """
    given_back = [*wishes.helper_leaves(session, actor.id, now), *giving_back.hand_back(session, actor.id, now)]
    person = people.get(session, actor.id)
    stop_helping(session, actor.id, now)
    reminding.cancel_all(session, actor.id)
    visits.drop_list(session, actor.id)
    awaited.forget(session, actor.id)
    weekly.forget(session, actor.id)
    forms.close_all(session, actor.id, now)
    tokens.drop_account_codes(session, actor.id)
    cards.forget(session, actor.id)
    people.forget(session, person)
    households.forget(session, actor.id)
    disclosures.hide_shown_to(session, actor.id, now)
    for chat_id in chats.disown(session, actor.id, now):
        ending.stop_chat(session, chat_id, now)
    audit.write(session, "leave", now, actor_id=actor.id)
    return [say("membership.left"), *given_back]


def stop_helping(session: Session, person_id: int, now: datetime) -> None:
    """Nobody counts on somebody any more who leaves: as a volunteer, on a patrol, in a shift."""
    volunteers.leave(session, person_id, now)
    patrols.leave_all(session, person_id)
    shifts.leave_all(session, person_id)


def met_group(session: Session, chat: Chat) -> list[Say]:
    """The admins hear of a group that can be bound from the private talk only."""
    if chat.kind is not ChatKind.UNBOUND:
        return []
    told = say("membership.met_group", button("membership.bind_button", f"绑定群 群{chat.id}"), group=chat.title)
    return to_people(replace(told, key=f"met:{chat.id}"), people.all_holders(session, ADMINS))


def lost_group(session: Session, chat: Chat) -> list[Say]:
    """The admins hear that the bot was put out of a group it served."""
    if chat.area_id is None or not chat.kind.is_group:
        return []
    told = say("membership.lost_group", group=chat.title or rules.KIND_WORDS.get(chat.kind, ""))
    admins: Sequence[int] = [one.id for one in chats.groups(session, (ChatKind.ADMINS,)) if one.id != chat.id]
    return to_each(told, admins)
