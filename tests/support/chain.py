"""The audit chain of a stage."""

from storage import audit
from tests.support.stage import Stage


def head(stage: Stage) -> str:
    """审计 and the first eight characters of the chain's end, as reports show them."""
    with stage.world.db.read() as session:
        return f"审计 {audit.head(session).hash[:8]}。"
