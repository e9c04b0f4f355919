"""The platform a command is about."""

from __future__ import annotations

from server.app import Facet
from server.context import PlatformRecord
from server.errors import NotFound


async def platform_called(facet: Facet, code: str) -> PlatformRecord:
    """The platform of that code; raises `NotFound` with the codes there are."""
    platform = await facet.platforms.by_code(code)
    if platform is None:
        known = [record.code for record in await facet.platforms.all()]
        there_are = (
            f"There are: {', '.join(known)}."
            if known
            else "There is none yet; `facet platforms create` makes one, `facet demo` two."
        )
        raise NotFound(f"No platform has the code {code!r}. {there_are}")
    return platform
