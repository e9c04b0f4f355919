"""Counters and timings for Prometheus. Labels come from fixed lists, never from a caller."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meters:
    """The meters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._http = Counter(
            "facet_http_requests_total",
            "Answered HTTP requests.",
            ["method", "status"],
            registry=self.registry,
        )
        self._operations = Counter(
            "facet_graphql_operations_total",
            "GraphQL operations by type and outcome (ok, errors, refused).",
            ["type", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "facet_graphql_operation_seconds",
            "Time from the request's body to the answer.",
            ["type"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._refused = Counter(
            "facet_graphql_refused_total",
            "Requests refused before execution, by error code.",
            ["reason"],
            registry=self.registry,
        )
        self._budget_fallbacks = Counter(
            "facet_budget_fallbacks_total",
            "Cost budgets kept in this process because Redis did not answer.",
            registry=self.registry,
        )
        self._retries = Counter(
            "facet_query_retries_total",
            "Queries asked again because the connection to PostgreSQL was lost.",
            registry=self.registry,
        )
        self._in_flight = 0
        self.watch("facet_http_requests_in_flight", "HTTP requests being answered.", lambda: self._in_flight)
        # Looking up a labelled meter costs more than counting with it.
        self._counters: dict[tuple[Counter, str, str], Counter] = {}
        self._timers: dict[str, Histogram] = {}

    def request_started(self) -> None:
        self._in_flight += 1

    def request_answered(self, method: str, status: int) -> None:
        self._in_flight -= 1
        self._counter(self._http, method if method in METHODS else "other", str(status)).inc()

    def operation_done(self, kind: str, outcome: str, seconds: float) -> None:
        """`kind` is query, mutation, subscription or unknown; `outcome` is ok, errors or refused."""
        self._counter(self._operations, kind, outcome).inc()
        timer = self._timers.get(kind)
        if timer is None:
            timer = self._timers[kind] = self._seconds.labels(kind)
        timer.observe(seconds)

    def _counter(self, counter: Counter, first: str, second: str) -> Counter:
        key = (counter, first, second)
        found = self._counters.get(key)
        if found is None:
            found = self._counters[key] = counter.labels(first, second)
        return found

    def refused(self, reason: str) -> None:
        self._refused.labels(reason).inc()

    def query_retried(self) -> None:
        self._retries.inc()

    def budget_fell_back(self) -> None:
        self._budget_fallbacks.inc()

    def watch(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Publish a number that lives elsewhere, such as the size or the hits of a cache."""
        self.registry.register(_Reading(name, description, read))

    def render(self) -> bytes:
        """The text format that Prometheus scrapes."""
        return generate_latest(self.registry)


class _Reading(Collector):
    def __init__(self, name: str, description: str, read: Callable[[], float]) -> None:
        self._name, self._description, self._read = name, description, read

    def describe(self) -> Iterable[Metric]:
        return [GaugeMetricFamily(self._name, self._description)]

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(self._name, self._description)
        family.add_metric([], self._read())
        return [family]
