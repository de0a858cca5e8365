"""What is counted of disputes (纠纷) for the weekly figures."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import tallies
from storage.disputes import Dispute, DisputeState

NOT_ONE = (DisputeState.WITHDRAWN,)


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Registered, settled and opened again in the time; those taken back are left out.

    Settled are those closed after the call-back, less those closed before and opened again, of all that were under way.
    What was only agreed on does not count, so that a hasty agreement raises nothing; one opened again is taken off in
    the week in which it was, however long ago it was counted.
    """
    going = placed(within, tallies.under_way(session, Dispute, since, until, but=NOT_ONE))
    steps = placed(within, tallies.ends(session, Dispute, since, until))
    settled = {place: (max(some[0] - some[2], 0),) for place, some in steps.items()}
    wholes = {place: (min(settled.get(place, (0,))[0], whole), whole) for place, (_, whole) in going.items()}
    return {
        "disputes_found": counts(going),
        "disputes_settled": counts(wholes, 0, 1),
        "disputes_reopened": counts(steps, 1),
    }


FIGURES = (
    Figure("disputes_found", 10, "件", "count", count),
    Figure("disputes_settled", 11, "件", "rate", count),
    Figure("disputes_reopened", 12, "件", "count", count),
)
