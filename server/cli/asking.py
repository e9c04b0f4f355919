"""Commands that ask the API itself, so that its rules, audit log and messages are theirs too."""

from __future__ import annotations

from typing import Any

from server.app import Facet
from server.auth.caller import system_caller
from server.contracts.permissions import ALL_ROLES
from server.errors import FacetError


async def ask(facet: Facet, mutation: str, **variables: Any) -> dict[str, Any]:
    """The payload of a document's one mutation, run by the system on no platform.

    The document selects `... on Error { message }` and, for what it refuses field by field,
    `... on ValidationFailed { fields { field message } }`. Raises `FacetError` with what was said.
    """
    caller = system_caller(None, facet.registry.permissions_of(ALL_ROLES, facet.registry.core))
    answer = await facet.execute(mutation, variables, caller=caller, platform=None)
    if answer.get("errors"):
        raise FacetError(answer["errors"][0]["message"])
    (payload,) = answer["data"].values()
    if "message" in payload:
        wrong = [f"  - {field['field']}: {field['message']}" for field in payload.get("fields", ())]
        raise FacetError("\n".join([payload["message"], *wrong]))
    return dict(payload)
