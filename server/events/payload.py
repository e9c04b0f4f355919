"""Events as JSON, for whoever receives them outside the process."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from server.context import Event


def to_payload(event: Event) -> dict[str, Any]:
    """The event as JSON values: `{"event": "module.enabled", "version": 1, "at": …, "data": {…}}`.

    Times are ISO 8601 in UTC, decimals are strings. The shape of `data` changes only with the version.
    """
    data = {field.name: _json(getattr(event, field.name)) for field in fields(event)}
    return {
        "event": event.name,
        "version": event.version,
        "at": data.pop("at"),
        "platform_id": data.pop("platform_id"),
        "data": data,
    }


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [_json(item) for item in items]
    return value
