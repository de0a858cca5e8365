"""当场、跟踪、警务室、转办、接手: how a dispute is sorted, and who takes it over."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.access import HANDLERS
from handlers.dialogue.command import Command
from handlers.dialogue.say import Button, Say, rows
from handlers.dialogue.scene import Scene
from handlers.dialogue.wording import said, text
from handlers.dialogue.world import Station
from handlers.disputes import actions, records
from handlers.incidents.words import after_codes
from handlers.reading import intent
from handlers.reading.codes import Code
from storage import disputes, people
from storage.callbacks import barred
from storage.disputes import Dispute, Triage
from storage.people import Role

MOST_BUTTONS = 8
MOST_BYTES = 50
BODIES = ("司法所", "人民法庭", "劳动监察大队")
"""The bodies outside most is referred to; others are typed."""


def _sorter(how: Triage) -> Callable[..., list[Say]]:
    def handle(
        session: Session,
        scene: Scene,
        codes: Sequence[Code],
        topic: str | None,
        via: str,
        now: datetime,
        station: Station,
    ) -> list[Say]:
        dispute = records.for_team(session, scene, codes, topic)
        says = actions.sort(session, scene.actor, dispute, how, now, station)
        return _answered(scene, says, dispute, via)

    return handle


def _answered(scene: Scene, says: list[Say], dispute: Dispute, via: str) -> list[Say]:
    """In a group the card shows it and a toast tells where the rest is; nothing of the matter is said there."""
    if not scene.is_group:
        return says
    line = text("disputes.sorted_group", code=dispute.code, triage=dispute.triage or "")
    if via in ("button", "choice"):
        return [replace(says[0], toast=line), *says[1:]]
    return [Say(line, quote=True), *says]


def refer(
    session: Session,
    scene: Scene,
    rest: str,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
    now: datetime,
    station: Station,
) -> list[Say]:
    """Refer the dispute to the colleague or body named; without one, offer who there is."""
    dispute = records.for_team(session, scene, codes, topic)
    to = after_codes(rest, records.named(codes)).removeprefix("给").strip()
    if not to:
        return [_offer(session, scene, dispute)]
    says = actions.refer(session, scene.actor, dispute, to, now, station)
    return _answered(scene, says, dispute, via)


def _offer(session: Session, scene: Scene, dispute: Dispute) -> Say:
    if dispute.state not in disputes.UNDER_WAY:
        raise records.not_open(dispute)
    kept_out = barred(session, dispute.topic)
    ids = people.holders(session, HANDLERS - {Role.CASE_TEAM, Role.CHIEF}, dispute.area_id)
    names = [people.name_of(session, one) for one in ids if one != dispute.handler_id and one not in kept_out]
    colleagues, bodies = ([_to(dispute, name) for name in among if name] for among in (names, BODIES))
    fitting = [one for one in colleagues if len(one.does.encode()) <= MOST_BYTES]
    fitting = [*fitting[: MOST_BUTTONS - len(BODIES)], *bodies]
    pairs = [tuple(fitting[start : start + 2]) for start in range(0, len(fitting), 2)]
    return Say(text("disputes.refer_whom", code=dispute.code), buttons=rows(*pairs), quote=scene.is_group)


def _to(dispute: Dispute, name: str) -> Button:
    return Button(said(name), f"转办 {dispute.code} {name}")


def take_over(
    session: Session,
    scene: Scene,
    codes: Sequence[Code],
    topic: str | None,
    via: str,
    now: datetime,
    station: Station,
) -> list[Say]:
    """Take the dispute over."""
    dispute = records.for_team(session, scene, codes, topic)
    says = actions.take_over(session, scene.actor, dispute, now, station)
    return _answered(scene, says, dispute, via)


COMMANDS = (
    *(Command(how, _sorter(how), bare=intent.has_code, rank=0) for how in (Triage.SPOT, Triage.FOLLOW, Triage.STATION)),
    Command("转办", refer, bare=intent.has_code, rank=0),
    Command("接手", take_over, bare=intent.has_code, rank=0),
)
