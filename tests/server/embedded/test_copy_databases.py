from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest
from asyncpg import InvalidCatalogNameError

from server.embedded import EmbeddedPostgres, create_database, drop_database
from server.errors import ConfigurationError


async def _ids(url: str) -> list[int]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT id FROM sample ORDER BY id")
    await connection.close()
    return [row["id"] for row in rows]


async def test_copies_a_template_for_several_at_once(postgres: EmbeddedPostgres) -> None:
    template = create_database(postgres, "template")
    connection = await asyncpg.connect(template.owner_url)
    await connection.execute("CREATE TABLE sample (id int); INSERT INTO sample VALUES (1), (2)")
    await connection.close()

    with ThreadPoolExecutor(3) as pool:
        copies = list(
            pool.map(lambda number: create_database(postgres, f"copy {number}'\"", "template"), range(3))
        )

    assert [await _ids(copy.owner_url) for copy in copies] == [[1, 2]] * 3


async def test_gives_copies_the_doors_of_the_original(postgres: EmbeddedPostgres) -> None:
    create_database(postgres, "doors")
    copy = create_database(postgres, "doors_copy", "doors")

    for url, role in ((copy.owner_url, "facet_owner"), (copy.app_url, "facet_app")):
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT current_user::text") == role
        assert (
            await connection.fetchval(
                "SELECT has_database_privilege('facet_app', current_database(), 'TEMPORARY')"
            )
            is True
        )
        assert not await connection.fetchval(
            "SELECT bool_or(grantee = 0) FROM pg_database, aclexplode(datacl) WHERE datname = current_database()"
        )
        await connection.close()


async def test_keeps_a_database_that_exists(postgres: EmbeddedPostgres) -> None:
    first = create_database(postgres, "existing")
    connection = await asyncpg.connect(first.owner_url)
    await connection.execute("CREATE TABLE sample (id int); INSERT INTO sample VALUES (3)")
    await connection.close()

    second = create_database(postgres, "existing")

    assert second == first
    assert await _ids(second.owner_url) == [3]


async def test_drops_a_database_in_use(postgres: EmbeddedPostgres) -> None:
    urls = create_database(postgres, "dropped")
    connection = await asyncpg.connect(urls.owner_url)

    drop_database(postgres, "dropped")
    drop_database(postgres, "dropped")

    with pytest.raises(InvalidCatalogNameError):
        await asyncpg.connect(urls.owner_url)
    connection.terminate()


def test_names_a_template_that_is_missing(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(ConfigurationError, match='template database "nowhere" does not exist'):
        create_database(postgres, "copy", "nowhere")
