"""Facet without one or several of its guards, to learn what each costs. Only for measuring: nothing here can be
switched off in the product, and what this serves is safe for nobody.

    python -m tests.benchmarks.unguarded authentication,limits --port 8002
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from server.app import Facet
from server.asgi import serve
from server.embedded.servers import open_servers
from server.http.budget import Charge
from server.http.operation import Operations, Prepared, Visit
from server.http.protocol import DrainingServer, uvicorn_config
from server.platforms.installed import installed
from server.settings import settings
from server.telemetry.logging import configure_logging

PRICED: dict[int, Prepared] = {}


class Unlimited(Operations):
    """A document is priced once, whatever its variables; its shape and validity are remembered anyway."""

    def _price(self, view: Any, record: Any, chosen: Any, parameters: Any) -> Prepared:
        prepared: Prepared | None = PRICED.get(id(record))
        if prepared is None:
            prepared = PRICED[id(record)] = super()._price(view, record, chosen, parameters)
        return replace(prepared, parameters=parameters)


class Unbudgeted(Operations):
    """Nobody is charged."""

    async def charge(self, visit: Visit, points: int) -> Charge:
        return Charge(True, points, self._budget.capacity)


class UnlimitedAndUnbudgeted(Unlimited, Unbudgeted):
    """Neither."""


def authentication(facet: Facet) -> None:
    """Whoever a token once spoke for, it speaks for."""
    known: dict[str | None, Any] = {}
    identify = facet.callers.identify

    async def remembered(token: str | None, **further: Any) -> Any:
        caller = known.get(token)
        if caller is None:
            caller = known[token] = await identify(token, **further)
        return caller

    _replace(facet.callers, "identify", remembered)


def limits(facet: Facet) -> None:
    """No limits, no price."""
    _become(facet.operations, Unlimited)


def budget(facet: Facet) -> None:
    """No charge."""
    both = isinstance(facet.operations, Unlimited)
    _become(facet.operations, UnlimitedAndUnbudgeted if both else Unbudgeted)


def view(facet: Facet) -> None:
    """One platform with one set of modules and one view: whatever was found first is found by everybody."""
    for owner, name in (
        (facet.module_sets, "get"),
        (facet.platforms, "by_id"),
        (facet.platforms, "by_host"),
    ):
        _replace(owner, name, _once(getattr(owner, name)))
    get = facet.views.get
    kept: list[Any] = []

    def first(*arguments: Any) -> Any:
        if not kept:
            kept.append(get(*arguments))
        return kept[0]

    _replace(facet.views, "get", first)


GUARDS: dict[str, Callable[[Facet], None]] = {
    "authentication": authentication,
    "limits": limits,
    "budget": budget,
    "view": view,
}


def _once(find: Callable[..., Any]) -> Callable[..., Any]:
    kept: list[Any] = []

    async def found(*arguments: Any) -> Any:
        if not kept:
            kept.append(await find(*arguments))
        return kept[0]

    return found


def _become(operations: Operations, kind: type[Operations]) -> None:
    operations.__class__ = kind


def _replace(owner: object, name: str, by: Callable[..., Any]) -> None:
    assert callable(getattr(owner, name))
    setattr(owner, name, by)


def main(without: Collection[str], port: int) -> None:
    """Serve until told to stop."""
    configure_logging(level=settings().log_level, as_json=False)
    facet = Facet(settings(), open_servers(settings()), installed())
    for guard in without:
        GUARDS[guard](facet)
    served = serve(facet)
    config = uvicorn_config(served.app, host="127.0.0.1", port=port, log_level="warning")
    DrainingServer(config, on_drain=served.probes.drain).run()


if __name__ == "__main__":
    main(sys.argv[1].split(","), int(sys.argv[sys.argv.index("--port") + 1]))
