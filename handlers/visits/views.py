"""Views of a round (看法): to each worker their own next door, to those who answer for it counts."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.dialogue.say import Button, Say, button, rows
from handlers.dialogue.wording import Text, text
from handlers.reminders.rules import moment_words
from handlers.visits import records
from storage import areas, visits
from storage.visits import Campaign, Receipt, Tally

ORDER = (Receipt.VISITED, Receipt.MOVE, Receipt.NOBODY)


def head(session: Session, campaign: Campaign, now: datetime) -> Text:
    """Its code, sort, area, and until when."""
    return text(
        "visits.head",
        code=campaign.code,
        sort=campaign.sort,
        area=areas.get(session, campaign.area_id).name,
        until=moment_words(campaign.due_at, now),
    )


def progress(found: Tally) -> Text:
    """12/40, and what stands out."""
    key = "visits.progress_all" if not found.left else "visits.progress"
    return text(key, done=found.visited, doors=found.doors, to_move=found.to_move, nobody=found.nobody)


def own(session: Session, campaign: Campaign, person_id: int, now: datetime, before: Text | None = None) -> Say:
    """A worker's progress and next door with its three buttons; `before` is what was just noted."""
    found = visits.tally(session, campaign, person_id)
    lines: list[Text] = [before] if before is not None else [head(session, campaign, now)]
    lines.append(progress(found))
    following = visits.next_of(session, campaign, person_id, now)
    buttons: tuple[tuple[Button, ...], ...] = ()
    if following is not None:
        visit, door = following
        key = "visits.next_again" if visit.receipt is Receipt.NOBODY else "visits.next"
        lines.append(text(key, n=door.number, where=visits.where_of(session, door)))
        buttons = rows(
            tuple(
                button(f"visits.button.{one.name.lower()}", f"走访 {campaign.code} {door.number} {one}")
                for one in ORDER
            )
        )
    elif found.left:
        lines.append(text("visits.nobody_left", n=found.left, code=campaign.code))
    return Say(text("incidents.lines", lines=tuple(lines)), buttons=buttons)


def whole(session: Session, campaign: Campaign, now: datetime, *, by_grid: bool) -> Say:
    """The counts of a round for those who answer for it; the desk reads them by grid, in the order of the areas."""
    found = counts(session, campaign)
    lines = [head(session, campaign, now), text(f"campaigns.state.{campaign.state}"), progress(found)]
    if by_grid and not campaign.closed_at:
        lines += list(_by_grid(session, campaign))
    buttons = rows(
        (
            button("visits.button.longer", f"走访 {campaign.code} 延期 1天"),
            button("visits.button.stop", f"走访 {campaign.code} 要结束"),
        )
    )
    return Say(text("incidents.lines", lines=tuple(lines)), buttons=() if campaign.is_over else buttons)


def counts(session: Session, campaign: Campaign) -> Tally:
    """The counts of a round, those kept where its receipts are erased."""
    if campaign.is_over:
        left = campaign.doors - campaign.visited
        visited = campaign.visited - campaign.to_move
        return Tally({Receipt.VISITED: visited, Receipt.MOVE: campaign.to_move, None: left})
    return visits.tally(session, campaign)


def _by_grid(session: Session, campaign: Campaign) -> Iterable[Text]:
    for name, parts in records.grids(session, areas.get(session, campaign.area_id)):
        found = visits.tally_of(session, campaign, parts)
        if found.doors:
            yield text("visits.grid", name=name, done=found.visited, doors=found.doors)
