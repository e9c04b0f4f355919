"""What the access line of a request may say, gathered while it is answered."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.types import Scope

_PLAIN_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}")


@dataclass(slots=True)
class RequestNotes:
    """Plain words only: no literal, variable, header or query string ever comes here."""

    request_id: str = "-"
    operation_type: str | None = None
    operation_name: str | None = None
    platform: str | None = None
    caller: str | None = None
    code: str | None = None

    def name_operation(self, kind: str, name: str | None) -> None:
        """Remember an operation; a name that is no plain name is left out."""
        self.operation_type = kind
        self.operation_name = name if name is not None and _PLAIN_NAME.fullmatch(name) else None


def notes_of(scope: Scope) -> RequestNotes:
    """The notes of a request; empty ones when no guard is in front."""
    state = scope.setdefault("state", {})
    notes = state.get("notes")
    if not isinstance(notes, RequestNotes):
        notes = state["notes"] = RequestNotes(request_id=str(state.get("request_id", "-")))
    return notes
