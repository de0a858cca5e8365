"""What Alembic runs: the steps on the connection handed in, with tables rebuilt where SQLite cannot alter them."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import DateTime
from sqlalchemy.types import TypeDecorator

from storage.tables import METADATA


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:  # noqa: ANN401 - any of Alembic's
    """Write our own column types as what they are in the database, so that a step never imports our code."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    plain = item.impl_instance
    return "sa.DateTime(timezone=True)" if isinstance(plain, DateTime) else f"sa.{plain!r}"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    render_item=render_item,
)
context.run_migrations()
