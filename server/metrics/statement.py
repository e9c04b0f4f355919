"""The SQL of sources: any number of them behind tables of the windows asked about, as one statement.

    WITH bucket_0 AS (<windows>), …
    SELECT * FROM (
      (WITH bucket AS (bucket_0), source AS (<the source's own SQL>)
       SELECT 0 AS source, scope, bucket, currency, <its columns>, <nulls up to the widest> FROM source)
      UNION ALL … one such branch for each source
    )

Only the columns that somebody reads are selected, so PostgreSQL does not compute the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import TextClause, text

from server.contracts.metrics import ScopeKind, Source

SCOPE = "{scope}"
FIRST_COLUMN = 4
"""Where a row's columns begin: behind the source's place, scope, bucket and currency."""
MOST_SPELT_OUT = 2
"""As many windows are written into the statement. PostgreSQL plans them better than an array of any length."""

Edges: TypeAlias = Sequence[tuple[datetime, datetime]]

# As SQLAlchemy finds them: not a cast, not escaped.
_BOUND = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
_KNOWN = {"scopes": "bigint[]", "platform_id": "bigint"}


class Branch(NamedTuple):
    """A source in a statement: the columns to read, and by number which scopes and windows it is asked about."""

    source: Source
    kind: ScopeKind
    columns: tuple[str, ...]
    scopes: int
    windows: int


@lru_cache(maxsize=512)
def statement(branches: tuple[Branch, ...], lengths: tuple[int, ...]) -> TextClause:
    """One statement for all branches; `lengths` are the numbers of windows, as `spelt_out` counts them."""
    width = max(len(branch.columns) for branch in branches)
    numbers = sorted({branch.windows for branch in branches})
    buckets = ",\n".join(_buckets(number, lengths[number]) for number in numbers)
    found = "\nUNION ALL\n".join(_branch(place, branch, width) for place, branch in enumerate(branches))
    return text(f"WITH {buckets}\nSELECT * FROM (\n{found}\n) AS found")


def spelt_out(length: int) -> int:
    """The number of windows as far as it changes the statement: 0 for any that are not written into it."""
    return length if length <= MOST_SPELT_OUT else 0


def values(platform_id: int, scopes: Sequence[Sequence[int]], windows: Sequence[Edges]) -> dict[str, Any]:
    """What the statement's parameters stand for."""
    found: dict[str, Any] = {"platform_id": platform_id}
    for number, ids in enumerate(scopes):
        found[f"scopes_{number}"] = ids
    for number, edges in enumerate(windows):
        if spelt_out(len(edges)):
            for place, (start, end) in enumerate(edges):
                found[f"start_{number}_{place}"] = start
                found[f"end_{number}_{place}"] = end
        else:
            found[f"starts_{number}"] = [start for start, _ in edges]
            found[f"ends_{number}"] = [end for _, end in edges]
    return found


@lru_cache(maxsize=1_024)
def check(source: Source) -> str | None:
    """What is wrong with the source's SQL before PostgreSQL sees it: it binds something that nobody provides."""
    unknown = {name for name in _BOUND.findall(source.sql) if name not in _KNOWN}
    if not unknown:
        return None
    return (
        f"The source {source.code} binds :{', :'.join(sorted(unknown))}; only :scopes and :platform_id "
        "are bound, and casts of them are written CAST(:scopes AS bigint[])."
    )


def _branch(place: int, branch: Branch, width: int) -> str:
    columns = [f'CAST(source."{_quoted(name)}" AS bigint) AS c{n}' for n, name in enumerate(branch.columns)]
    columns += [f"CAST(NULL AS bigint) AS c{n}" for n in range(len(columns), width)]
    # A source without a column `currency` finds that of `absent` by the same name. Its own SQL stands above and
    # finds neither.
    return f"""(WITH bucket AS NOT MATERIALIZED (
  SELECT bucket, start_at, end_at FROM bucket_{branch.windows}
), source AS (
{_sql(branch)}
)
SELECT {place} AS source, found.* FROM (SELECT CAST(NULL AS text) AS currency) AS absent CROSS JOIN LATERAL (
  SELECT CAST(source.scope AS bigint) AS scope, CAST(source.bucket AS integer) AS bucket,
    CAST(currency AS text) AS currency, {", ".join(columns)}
  FROM source
) AS found)"""  # noqa: S608  # made of declarations and numbers


def _buckets(number: int, length: int) -> str:
    if not length:
        return f"""bucket_{number} AS MATERIALIZED (
  SELECT CAST(bucket - 1 AS integer) AS bucket, start_at, end_at
  FROM unnest(CAST(:starts_{number} AS timestamptz[]), CAST(:ends_{number} AS timestamptz[]))
    WITH ORDINALITY AS b (start_at, end_at, bucket)
)"""  # noqa: S608  # made of numbers
    rows = [
        f"{place}, CAST(:start_{number}_{place} AS timestamptz), CAST(:end_{number}_{place} AS timestamptz)"
        for place in range(length)
    ]
    if length == 1:
        # No join: PostgreSQL puts the two instants wherever sources name them.
        bucket, start, end = rows[0].split(", ")
        return f"""bucket_{number} AS NOT MATERIALIZED (
  SELECT {bucket} AS bucket, {start} AS start_at, {end} AS end_at
)"""
    listed = ", ".join(f"({row})" for row in rows)
    return f"""bucket_{number} AS MATERIALIZED (
  SELECT bucket, start_at, end_at FROM (VALUES {listed}) AS b (bucket, start_at, end_at)
)"""  # noqa: S608  # made of numbers


def _sql(branch: Branch) -> str:
    names: Mapping[str, str] = {"scopes": f"scopes_{branch.scopes}", "platform_id": "platform_id"}

    def bound(found: re.Match[str]) -> str:
        return f"CAST(:{names[found[1]]} AS {_KNOWN[found[1]]})"

    sql = branch.source.sql.strip().rstrip(";").replace(SCOPE, branch.source.scopes[branch.kind])
    return _BOUND.sub(bound, sql)


def _quoted(name: str) -> str:
    # A colon would be read as a parameter.
    return name.replace('"', '""').replace(":", "\\:")
