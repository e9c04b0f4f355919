"""The GraphQL types of numbers that no module owns."""

from datetime import date, datetime
from enum import Enum
from typing import NewType, cast

import strawberry

from server.context import Context
from server.contracts.metrics import Metric
from server.graphql.fields import field
from server.graphql.info import Info
from server.metrics.format import decimal_text, formatted, formatted_amount, formatted_count
from server.metrics.measure import Measured
from server.metrics.services import label_in

MetricScalar = NewType("MetricScalar", object)
SCALARS: dict[object, strawberry.types.scalar.ScalarDefinition] = {
    MetricScalar: strawberry.scalar(
        name="MetricScalar",
        description="A number: an Int for counts, a decimal String for money, a Float for ratios.",
        serialize=lambda value: value,
    )
}
"""For `StrawberryConfig.scalar_map`."""


@strawberry.enum(description="A number of days of the platform that ends today.")
class MetricPeriod(Enum):
    LAST_7_DAYS = strawberry.enum_value("LAST_7_DAYS", description="Today and the six days before.")
    LAST_30_DAYS = strawberry.enum_value("LAST_30_DAYS", description="Today and the 29 days before.")
    LAST_90_DAYS = strawberry.enum_value("LAST_90_DAYS", description="Today and the 89 days before.")
    LAST_YEAR = strawberry.enum_value("LAST_YEAR", description="Today and the 364 days before.")


@strawberry.enum(description="What a trend compares with.")
class MetricComparison(Enum):
    PREVIOUS_PERIOD = strawberry.enum_value(
        "PREVIOUS_PERIOD",
        description="As many days, directly before; while today runs, up to the same time of day.",
    )
    PREVIOUS_YEAR = strawberry.enum_value(
        "PREVIOUS_YEAR", description="The same dates of the year before; 28 February for the 29th."
    )


@strawberry.enum(description="The direction of a change.")
class MetricTrend(Enum):
    UP = strawberry.enum_value("UP", description="It rose by half a percent or more.")
    DOWN = strawberry.enum_value("DOWN", description="It fell by half a percent or more.")
    STABLE = strawberry.enum_value("STABLE", description="It changed by less than half a percent.")


@strawberry.enum(description="What a value counts.")
class MetricUnit(Enum):
    COUNT = strawberry.enum_value("COUNT", description="Things.")
    MONEY = strawberry.enum_value("MONEY", description="An amount of money.")
    RATIO = strawberry.enum_value("RATIO", description="A fraction: 0.25 is 25 %.")


@strawberry.enum(description="Which direction is good news.")
class MetricPolarity(Enum):
    UP = strawberry.enum_value("UP", description="More is better.")
    DOWN = strawberry.enum_value("DOWN", description="Less is better.")
    NEUTRAL = strawberry.enum_value("NEUTRAL", description="Neither is better.")


@strawberry.enum(description="How the values of several days become one.")
class MetricFold(Enum):
    SUM = strawberry.enum_value("SUM", description="Events: the days are added.")
    LAST = strawberry.enum_value("LAST", description="A state: the last day counts.")
    DISTINCT = strawberry.enum_value("DISTINCT", description="Each thing counts once, on however many days.")
    RATIO = strawberry.enum_value(
        "RATIO", description="Numerators and denominators are folded, then divided."
    )


@strawberry.enum(description="What a metric can be about.")
class MetricScope(Enum):
    PLATFORM = strawberry.enum_value("PLATFORM", description="The whole platform.")
    MERCHANT = strawberry.enum_value("MERCHANT", description="One merchant with all its stores.")
    STORE = strawberry.enum_value("STORE", description="One store.")


@strawberry.input(description="Which stretch of time numbers are about. Days are the platform's own.")
class MetricsContextInput:
    date_from: date | None = strawberry.field(
        default=None, description="The first day. Without it: 29 days before `dateTo`."
    )
    date_to: date | None = strawberry.field(
        default=None, description="The last day, itself included. Without it, or when it lies ahead: today."
    )
    period: MetricPeriod | None = strawberry.field(
        default=None, description="Instead of dates: days up to today. LAST_30_DAYS when nothing is said."
    )
    include_trends: bool | None = strawberry.field(
        default=True,
        description="false leaves `trend`, `trendValue` and `previousValue` null, which is cheaper.",
    )
    compare: MetricComparison | None = strawberry.field(
        default=MetricComparison.PREVIOUS_PERIOD, description="What trends compare with."
    )


@strawberry.type(description="An amount in one currency.")
class MetricAmount:
    currency: str = strawberry.field(description="ISO 4217 code of the currency.")
    value: str = strawberry.field(description="The amount in units of the currency, as an exact decimal.")
    minor: strawberry.Private[int]

    @field(description="The amount as people write it in the caller's language.")
    def formatted(self, info: Info) -> str:
        return formatted_amount(self.minor, self.currency, info.context.locale)


class Told:
    """What a value says in words, made when it is read: as attributes, which cost a list less than resolvers."""

    ctx: Context
    metric: Metric
    current: Measured | None
    """None for a count, which is its value."""
    value: MetricScalar | None

    @property
    def label(self) -> str:
        return label_of(self.ctx, self.metric)

    @property
    def formatted(self) -> str | None:
        if self.current is None:
            return formatted_count(cast(int, self.value), self.ctx.locale)
        return formatted(self.metric, self.current, self.ctx.locale)


@strawberry.type(description="The value of one metric for one scope and stretch of time.")
class MetricValue(Told):
    # `label` and `formatted` are declared for the schema; `Told` answers.
    key: str = strawberry.field(
        description="Stable name of the metric: its module, a dot, and what it counts."
    )
    category: str = strawberry.field(description="The group it is shown in.")
    icon: str = strawberry.field(description="Name of its icon.")
    unit: MetricUnit = strawberry.field(description="What the value counts.")
    polarity: MetricPolarity = strawberry.field(description="Which direction is good news.")
    currency: str | None = strawberry.field(
        description="The currency of the value; null for what is no money, and for several currencies."
    )
    value: MetricScalar | None = strawberry.field(
        description="The number; null when it cannot be computed, such as a ratio to nothing, and when money "
        "comes in several currencies, which are never added: see `amounts`."
    )
    previous_value: MetricScalar | None = strawberry.field(
        description="The number it is compared with; null when there is none."
    )
    trend_value: float | None = strawberry.field(
        description="The change in percent of the number before: 25 is a quarter more; null when that was 0 "
        "or null."
    )
    trend: MetricTrend | None = strawberry.field(description="The direction of the change.")
    partial: bool = strawberry.field(description="Whether the time includes today, which is not over.")
    as_of: datetime = strawberry.field(
        description="The instant up to which is counted; numbers of a state are as of it."
    )

    label: str = strawberry.field(description="Name for people, in the caller's language.")

    @field(description="What it counts, and how.")
    def description(self) -> str:
        return self.metric.description

    formatted: str | None = strawberry.field(
        description="The value as people write it in the caller's language."
    )

    @field(description="Money by currency; empty for what is no money.")
    def amounts(self) -> list[MetricAmount]:
        amounts = (self.current and self.current.amounts) or {}
        return [
            MetricAmount(currency=code, value=decimal_text(minor, code), minor=minor)
            for code, minor in amounts.items()
        ]


def label_of(ctx: Context, metric: Metric) -> str:
    """The metric's name in the caller's language; the declared one when its module has no text for it."""
    return label_in(ctx, metric.module, metric.key, metric.label)
