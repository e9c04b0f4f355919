"""The SQL of a source: its own statement behind a table of the buckets asked about."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, TextClause, bindparam, text
from sqlalchemy.types import TypeEngine

from server.contracts.metrics import ScopeKind, Source

SCOPE = "{scope}"

# The source may begin with a WITH of its own, so it stands in a FROM.
PRELUDE = """WITH bucket AS (
  SELECT bucket, start_at, end_at
  FROM unnest(:bucket_ids, :bucket_starts, :bucket_ends) AS b (bucket, start_at, end_at)
)
SELECT * FROM (
"""

_PARAMETERS: dict[str, TypeEngine[Any]] = {
    "bucket_ids": ARRAY(Integer()),
    "bucket_starts": ARRAY(DateTime(timezone=True)),
    "bucket_ends": ARRAY(DateTime(timezone=True)),
    "scopes": ARRAY(BigInteger()),
    "platform_id": BigInteger(),
}


@lru_cache(maxsize=1_024)
def statement(source: Source, kind: ScopeKind) -> TextClause:
    """The statement of `source` for one kind of scope. Values are bound with their types.

    Raises `ValueError` when the source's SQL binds something that nobody provides.
    """
    sql = source.sql.strip().rstrip(";").replace(SCOPE, source.scopes[kind])
    clause = text(f"{PRELUDE}{sql}\n) AS source")
    used = set(clause._bindparams)
    unknown = used - set(_PARAMETERS)
    if unknown:
        raise ValueError(
            f"The source {source.code} binds :{', :'.join(sorted(unknown))}; only :scopes and :platform_id "
            "are bound, and casts of them are written CAST(:scopes AS bigint[])."
        )
    return clause.bindparams(*(bindparam(name, type_=_PARAMETERS[name]) for name in sorted(used)))
