"""What the weekly figures tell of anti-fraud and law notices: how often, and which groups they reached."""

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.weekly.figure import Counts, Figure, Within, counts, placed
from storage import pushes
from storage.library import Shelf

SHELVES = {"fraud": Shelf.FRAUD, "law": Shelf.LAW}


def count(session: Session, within: Within, since: datetime, until: datetime) -> dict[str, Counts]:
    """Notices that went out, by hand or in turn, one spread over days once; and the public groups they reached.

    The whole are all there are; where none went out anywhere there is nothing to tell.
    """
    found: dict[str, Counts] = {}
    for name, shelf in SHELVES.items():
        told = pushes.went_out(session, shelf, since, until)
        found[f"{name}_pushes"] = counts(placed(within, {area: (len(some),) for area, some in told.items()}))
        reach = pushes.reach(session, shelf, since, until) if told.keys() & within.keys() else {}
        found[f"{name}_reach"] = counts(placed(within, reach), 0, 1)
    return found


FIGURES = (
    Figure("fraud_pushes", 51, "次", "count", count),
    Figure("fraud_reach", 52, "个群", "rate", count),
    Figure("law_pushes", 53, "次", "count", count),
    Figure("law_reach", 54, "个群", "rate", count),
)
