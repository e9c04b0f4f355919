"""What the load asks, and what both servers must answer alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True)
class Question:
    """A GraphQL operation; its name tells the hand-written server what is asked."""

    name: str
    text: str
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The body of the request."""
        return orjson.dumps({"query": self.text, "operationName": self.name, "variables": self.variables})


DASHBOARD = """query Dashboard($merchant: ID!) {
  merchantMetrics(merchantId: $merchant) {
    billing { activeSubscriptions { ...card } }
    tenancy { totalStores { ...card } teamMembers { ...card } }
    customers { totalCustomers { ...card } }
  }
}
fragment card on MetricValue {
  key label category icon unit value formatted trend trendValue previousValue
}"""

MERCHANTS = """query Merchants {
  merchants(first: 50) {
    nodes {
      id name
      metrics {
        billing { activeSubscriptions { value } }
        tenancy { totalStores { value } }
        customers { totalCustomers { value } }
      }
      stores(first: 5) { nodes { id name } }
    }
  }
}"""
