"""Revoking (收回权限): somebody's phone is stolen, or they have gone: what they could do ends at once; the only door.

Roles go, open codes of theirs too; what they had in hand goes back to its team; their accounts and private talks are
cut off, so that nothing more reaches whoever holds the phone, whatever they were told of before. Their name stays where
colleagues read it. Whoever comes back does so by a new code, as somebody new.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from handlers.dialogue import access
from handlers.dialogue.access import refuse
from handlers.dialogue.say import Say, button, say, to_each
from handlers.dialogue.scene import Actor, called
from handlers.dialogue.wording import Text, said, text
from handlers.dialogue.world import Station
from handlers.incidents import work
from handlers.membership import actions, giving_back
from handlers.reading.identifiers import mask
from handlers.reminders import actions as reminding
from handlers.wishes import actions as wishes
from storage import areas, audit, chats, disclosures, ending, forms, incidents, people, tokens, volunteers
from storage.areas import Area
from storage.chats import Chat, ChatKind
from storage.people import Person, Role, RoleGrant

WORD: Final = "收回权限"
MOST_NAMED: Final = 20


def found(session: Session, actor: Actor | None, name: str, area: Area | None, number: int = 0) -> Person:
    """The one colleague of this name (and area) whose roles this person may take; raises Refusal.

    Of several the `number`th is meant, as they are listed in the refusal.
    """
    matching = [one for one in people.all_named(session, name) if _within(session, actor, one.id, area)]
    if not matching:
        raise refuse("membership.revoke.nobody", name=mask(name)[:MOST_NAMED])
    if len(matching) == 1 or 1 <= number <= len(matching):
        return matching[number - 1 if len(matching) > 1 else 0]
    held = [_listed(session, _within(session, actor, one.id, area)) for one in matching]
    lines = tuple(said(f"{place}. {one}") for place, one in enumerate(held, 1))
    raise refuse("membership.revoke.several", name=name, n=len(matching), lines=lines)


def ask(session: Session, actor: Actor, person: Person, area: Area | None, named: str) -> Say:
    """Show what would be taken, to be said yes to; `named` is how this person was named."""
    grants = _within(session, actor, person.id, area)
    name = people.name_of(session, person)
    return say(
        "membership.revoke.sure",
        (
            button("membership.revoke.yes", f"{WORD} {named} 确认"),
            button("membership.revoke.no", "帮助 不用"),
        ),
        name=name,
        roles=_listed(session, grants),
        n=len(incidents.in_hands_of(session, person.id)) + len(giving_back.in_hand(session, person.id)),
    )


def revoke(
    session: Session,
    actor: Actor | None,
    person: Person,
    area: Area | None,
    here: Chat | None,
    station: Station,
    now: datetime,
) -> list[Say]:
    """Take what this admin may take, or all of it for the station's own computer (`actor` None); raises Refusal.

    Somebody who keeps a role in another area keeps their accounts, too: the reply says whose admin is to be asked.
    """
    if actor is not None and actor.id == person.id:
        raise refuse("membership.revoke.oneself")
    grants = _within(session, actor, person.id, area)
    name = called(session, person.id)
    if not grants:
        raise refuse("membership.revoke.nobody", name=name)
    roles = _listed(session, grants)
    if any(one.role is Role.VOLUNTEER for one in grants):
        volunteers.leave(session, person.id, now)
    people.revoke(session, [one.id for one in grants])
    tokens.drop_made_by(session, person.id)
    handed_back = [
        *work.hand_back(session, person.id, station, now),
        *giving_back.hand_back(session, person.id, now),
        *wishes.helper_leaves(session, person.id, now),
    ]
    rest = [one for one in people.grants_of(session, person.id) if one.role not in people.OF_EVERYBODY]
    told = _cut_off(session, person, station, now) if not rest else []
    by = actor.id if actor is not None else None
    audit.write(session, "revoke", now, actor_id=by, topic=f"person:{person.id}", roles=len(grants), left=len(rest))
    who: Text | str = called(session, actor.id) if actor is not None else text("membership.revoke.station")
    others = [one.id for one in chats.groups(session, (ChatKind.ADMINS,)) if here is None or one.id != here.id]
    return [
        say(
            "membership.revoke.done",
            name=name,
            roles=roles,
            n=len(grants),
            rest=text("membership.revoke.rest", roles=_listed(session, rest)) if rest else "",
        ),
        *told,
        *to_each(say("membership.revoke.told", who=who, name=name, roles=roles), others),
        *handed_back,
    ]


def _cut_off(session: Session, person: Person, station: Station, now: datetime) -> list[Say]:
    """Nothing more reaches these accounts but one line; whoever speaks by them is somebody new."""
    forms.close_all(session, person.id, now)
    reminding.cancel_all(session, person.id)
    people.cut_off(session, person)
    actions.stop_helping(session, person.id, now)
    disclosures.hide_shown_to(session, person.id, now)
    own = chats.disown(session, person.id, now)
    for chat_id in own:
        ending.stop_chat(session, chat_id, now)
    return to_each(say("membership.revoke.told_oneself", station=station.name), own)


def _within(session: Session, actor: Actor | None, person_id: int, area: Area | None) -> list[RoleGrant]:
    """The roles somebody was given, in this area, that this admin answers for."""
    given = [one for one in people.grants_of(session, person_id) if one.role not in people.OF_EVERYBODY]
    known = areas.tree(session).by_id
    admins = access.MATRIX[WORD].roles
    return [
        one
        for one in given
        if (area is None or known[one.area_id].path.startswith(area.path))
        and (actor is None or actor.has(admins, known[one.area_id]))
    ]


def _listed(session: Session, grants: Sequence[RoleGrant]) -> str:
    return "、".join(f"{areas.get(session, one.area_id).name}{one.role.value}" for one in grants)
