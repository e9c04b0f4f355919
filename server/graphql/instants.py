"""Times that clients give."""

from __future__ import annotations

from datetime import UTC, datetime

from server.context import Context
from server.errors import BadUserInput


def instant(ctx: Context, argument: str, value: datetime | None) -> datetime | None:
    """`value` in UTC; one without a zone is a time of the platform's. Raises `BadUserInput` out of range."""
    if value is None:
        return None
    if value.tzinfo is None:
        value = value.replace(tzinfo=ctx.current_platform.zone)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise BadUserInput(f"`{argument}` is out of range.", argument=argument) from error
