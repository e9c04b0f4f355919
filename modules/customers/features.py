"""What a tier can include or limit."""

from __future__ import annotations

from server.contracts.features import FeatureDeclaration, FeatureKind, FeatureScope

DECLARED = (
    FeatureDeclaration(
        code="customers_limit",
        name="Customers",
        description="How many customers a store can have.",
        kind=FeatureKind.QUANTITATIVE,
        scope=FeatureScope.STORE,
        category="customers",
        unit="customers",
        icon="users",
    ),
)
