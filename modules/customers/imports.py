"""The file of customers."""

from __future__ import annotations

from server.contracts.imports import Column, ColumnKind, ImportFile

CUSTOMERS = ImportFile(
    name="customers",
    description="The customers of each store. Whoever buys in two stores has a row for each.",
    columns=(
        Column("external_id", description="The customer's id in your system, unique on the platform."),
        Column("store_id", ColumnKind.REFERENCE, references="stores", description="The store."),
        Column("name", required=False, description="The customer's full name."),
        Column("email", ColumnKind.EMAIL, required=False, description="The customer's e-mail address."),
        Column("created_at", ColumnKind.TIMESTAMP, description="When the person became a customer."),
    ),
    table="customers_customer",
    merge="""
        INSERT INTO customers_customer AS customer
            (platform_id, merchant_id, store_id, external_id, name, email, created_at)
        SELECT store.platform_id, store.merchant_id, store.id,
            staging.external_id, staging.name, staging.email, staging.created_at
        FROM staging JOIN tenancy_store AS store
            ON store.id = staging.store_id AND store.platform_id = :platform_id
        ON CONFLICT (platform_id, external_id) DO UPDATE SET
            merchant_id = excluded.merchant_id,
            store_id = excluded.store_id,
            name = excluded.name,
            email = excluded.email,
            created_at = excluded.created_at
        WHERE (customer.store_id, customer.name, customer.email, customer.created_at)
            IS DISTINCT FROM (excluded.store_id, excluded.name, excluded.email, excluded.created_at)
        RETURNING (xmax = 0) AS inserted
    """,
)

DECLARED = (CUSTOMERS,)
