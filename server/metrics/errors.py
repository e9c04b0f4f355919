"""What can go wrong while a number is read."""

from __future__ import annotations

from server.errors import FacetError


class MetricUnavailable(FacetError):
    """The statement behind a metric failed; other metrics stand."""

    code = "METRIC_UNAVAILABLE"
