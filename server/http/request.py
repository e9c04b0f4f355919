"""A request whose headers are indexed once, for everyone who asks about them."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Receive, Scope


class IndexedHeaders(Headers):
    """Headers found without looking through all of them; of several with one name `[]` tells the first."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__(raw=raw)
        self._first: dict[bytes, bytes] = dict(reversed(raw))

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower().encode("latin-1")].decode("latin-1")

    def __contains__(self, key: Any) -> bool:
        return key.lower().encode("latin-1") in self._first

    def get(self, key: str, default: Any = None) -> Any:
        """The first header of this name, else `default`."""
        value = self._first.get(key.lower().encode("latin-1"))
        return default if value is None else value.decode("latin-1")

    def getlist(self, key: str) -> list[str]:
        """Every header of this name."""
        first = self.get(key)
        if first is None:
            return []
        # Clients hardly ever repeat a header.
        return [first] if len(self._first) == len(self._list) else super().getlist(key)


class IndexedRequest(Request):
    """Starlette's request with such headers."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self._headers = IndexedHeaders(list(scope["headers"]))
