"""What a tier can include or limit."""

from __future__ import annotations

from server.contracts.features import FeatureDeclaration, FeatureKind

DECLARED = (
    FeatureDeclaration(
        code="invoice_history",
        name="Invoice history",
        description="See and download the invoices of the past.",
        category="billing",
        icon="file-text",
        order=10,
    ),
    FeatureDeclaration(
        code="self_service_plan_change",
        name="Change the plan oneself",
        description="Change tier and quantity without asking the platform.",
        category="billing",
        icon="sliders",
        order=20,
    ),
    FeatureDeclaration(
        code="billing_contacts_limit",
        name="Billing contacts",
        description="How many people receive the invoices.",
        kind=FeatureKind.QUANTITATIVE,
        category="billing",
        unit="contacts",
        default_limit=1,
        icon="mail",
        order=30,
    ),
)
