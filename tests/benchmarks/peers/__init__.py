"""Other GraphQL servers with the same answers, each written as its own documentation advises.

All read the same database as the same role behind the same row-level security, the platform being set in each
transaction, and remember for some seconds who a token speaks for. They are installed on the first run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import asyncpg

from tests.benchmarks.contenders import Contender
from tests.benchmarks.installation import Installation, free_port
from tests.benchmarks.peers.installed import Installed
from tests.benchmarks.pinning import pin_server

HERE = Path(__file__).parent
Starter: TypeAlias = Callable[[Installed, Installation], AbstractContextManager[Contender]]


@contextmanager
def _listening(name: str, arguments: list[str], installation: Installation) -> Iterator[Contender]:
    port = free_port()
    env = {
        "NODE_ENV": "production",
        "PEER_PORT": str(port),
        "PEER_DATABASE_URL": installation.postgres.app_url,
    }
    with installation.listen(port, arguments, env=env) as serving:
        pin_server(serving.process)
        yield Contender(name, serving)


def _node(name: str, file: str) -> Starter:
    def start(installed: Installed, installation: Installation) -> AbstractContextManager[Contender]:
        return _listening(name, [str(installed.node), str(installed.scripts / file)], installation)

    return start


@contextmanager
def _postgraphile(installed: Installed, installation: Installation) -> Iterator[Contender]:
    asyncio.run(_run_sql(installation, HERE / "sql" / "postgraphile.sql"))
    with _node("PostGraphile", "postgraphile.js")(installed, installation) as contender:
        yield contender


def _ariadne(installed: Installed, installation: Installation) -> AbstractContextManager[Contender]:
    return _listening("Ariadne", [str(installed.python), str(HERE / "ariadne_server.py")], installation)


async def _run_sql(installation: Installation, file: Path) -> None:
    connection = await asyncpg.connect(installation.postgres.owner_url)
    await connection.execute(file.read_text(encoding="utf-8"))
    await connection.close()


PEERS: dict[str, Starter] = {
    "PostGraphile": _postgraphile,
    "Mercurius": _node("Mercurius", "mercurius.js"),
    "GraphQL Yoga": _node("GraphQL Yoga", "yoga.js"),
    "Apollo Server": _node("Apollo Server", "apollo.js"),
    "Ariadne": _ariadne,
}
