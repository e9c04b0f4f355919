"""How a module declares its numbers: sources (one SQL statement) and metrics (a column of one)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ScopeKind(StrEnum):
    """What a metric is about."""

    PLATFORM = "PLATFORM"
    MERCHANT = "MERCHANT"
    STORE = "STORE"


class Unit(StrEnum):
    """What a value counts: whole things, money in minor units, or a fraction of one."""

    COUNT = "COUNT"
    MONEY = "MONEY"
    RATIO = "RATIO"


class Polarity(StrEnum):
    """Which direction is good news."""

    UP = "UP"
    DOWN = "DOWN"
    NEUTRAL = "NEUTRAL"


class Fold(StrEnum):
    """How values of several buckets become one: events sum, states take the last, distinct counts are
    counted again from the source, ratios divide the folded numerator by the folded denominator."""

    SUM = "SUM"
    LAST = "LAST"
    DISTINCT = "DISTINCT"
    RATIO = "RATIO"


@dataclass(frozen=True, slots=True)
class Source:
    """One statement for many scopes and many buckets.

    `sql` selects `scope bigint, bucket int` and one column per metric (bigint; money in minor units, with a
    column `currency`). It may use

    * `{scope}`: the expression of `scopes` for the kind asked about,
    * `:scopes` (bigint[]), the ids asked about; `:platform_id`,
    * the table `bucket (bucket int, start_at timestamptz, end_at timestamptz)`, half-open [start_at, end_at).

    State columns are as of `end_at`; event columns count instants inside the bucket. A scope and bucket without
    a row have the value 0 for SUM, LAST and DISTINCT. With a column `currency` there is one row per scope, bucket
    and currency: money is kept apart by it, counts are added over it.

    Casts of bound values are written `CAST(:scopes AS bigint[])`. `code` is `<module>.<what>`; `doc` says how the
    numbers are counted and becomes their formula in the reference.
    """

    code: str
    sql: str
    scopes: Mapping[ScopeKind, str] = field(hash=False)
    doc: str = ""

    def __hash__(self) -> int:
        return hash(self.code)


@dataclass(frozen=True, slots=True)
class Metric:
    """One number, declared once, served everywhere. `key` is `<module>.<what>`.

    It has `source` and `column`; or, folded as a RATIO, `num` and `den`, the keys of two metrics of its own module
    or one it requires, and `null_when`. A ratio in MONEY is an amount per thing (revenue per customer): in minor
    units, rounded half up, for each currency of its numerator. It is served for those of its `scopes` that its
    source, or both its parts, know.
    """

    key: str
    label: str
    description: str
    unit: Unit
    fold: Fold
    source: Source | None = None
    column: str | None = None
    num: str | None = None
    den: str | None = None
    category: str = "general"
    icon: str = "hash"
    polarity: Polarity = Polarity.UP
    additive_over_scopes: bool = True
    null_when: str = ""
    scopes: frozenset[ScopeKind] = field(default_factory=lambda: frozenset(ScopeKind))

    @property
    def module(self) -> str:
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """The key without its module; the GraphQL field's name in snake case."""
        return self.key.partition(".")[2]
