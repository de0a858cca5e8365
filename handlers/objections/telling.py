"""Who hears of an objection: author, approvers, chiefs, officers and desk; never who objected."""

from collections.abc import Iterable

from handlers.bulletins.views import Office
from handlers.dialogue.say import Button, Say, button, rows, to_each, to_people
from handlers.dialogue.wording import Text, text
from handlers.objections import rules
from handlers.objections.notices import Notice
from handlers.searches import telling as search_telling
from storage import bulletins, chats, objections, people
from storage.bulletins import Bulletin
from storage.chats import ChatKind
from storage.lanes import Lane
from storage.objections import Contest
from storage.people import Role

Rows = tuple[tuple[Button, ...], ...]
MINUTES = int(rules.ANSWER_WITHIN.total_seconds() // 60)


def staff(office: Office, notice: Notice) -> list[int]:
    """Everybody who is to act: whoever published it or said yes, officers, chiefs and the desk of its area."""
    session, record = office.session, notice.record
    if isinstance(record, Bulletin):
        asked = [record.author_id, *(one.person_id for one in bulletins.approvals(session, record))]
    else:
        asked = search_telling.officers_and_chiefs(session, record)
    over = people.holders(session, [Role.CHIEF, Role.COMMAND_ROOM], notice.area_id)
    return list(dict.fromkeys([*asked, *over]))


def alarm(office: Office, notice: Notice, what: Text, line: Text) -> list[Say]:
    """The same words to each of the staff privately, with what can be done; a line without reasons to their groups."""
    groups = [
        chat.id
        for kind in (ChatKind.OFFICERS, ChatKind.DESK)
        for chat in chats.nearest(office.session, (kind,), notice.area_id)
    ]
    return [*_privately(office, notice, what), *to_each(Say(line, lane=Lane.LIFE), groups)]


def more(office: Office, notice: Notice, words: str) -> list[Say]:
    """An objector gives a reason, or answers what was asked."""
    return _privately(office, notice, text("objections.more", code=notice.code, words=words))


def result(office: Office, notice: Notice, key: str, *, but: Iterable[int] = (), **gaps: object) -> list[Say]:
    """What came of it, for the staff; nothing to press any more."""
    left_out = set(but)
    told = Say(text(key, code=notice.code, **gaps), lane=Lane.LIFE)
    return to_people(told, [one for one in staff(office, notice) if one not in left_out])


def to_objectors(office: Office, contest: Contest, what: Text, *, buttons: Rows = ()) -> list[Say]:
    """The same words to each of those who objected, privately; they are urgent, for half an hour later it is over."""
    found = [objections.person_of(office.session, one) for one in objections.of_contest(office.session, contest)]
    return to_people(Say(what, buttons=buttons, lane=Lane.LIFE), [one for one in found if one is not None])


def answers(notice: Notice) -> Rows:
    """The two answers, as buttons."""
    return rows(
        (
            button("objections.button.uphold", f"异议成立 {notice.code}"),
            button("objections.button.dismiss", f"异议不成立 {notice.code} 已核对无误"),
        )
    )


def _privately(office: Office, notice: Notice, what: Text) -> list[Say]:
    return to_people(Say(what, buttons=answers(notice), lane=Lane.LIFE), staff(office, notice))
