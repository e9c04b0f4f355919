"""The files of merchants, stores and team members."""

from __future__ import annotations

from modules.tenancy.countries import COUNTRIES
from server.contracts.imports import Column, ColumnKind, ImportFile

JOINED = Column("created_at", ColumnKind.TIMESTAMP, description="When the merchant joined.")

ADDRESS = ("city", "region", "postal_code", "country_code", "phone")
TELLS_ADDRESS = f"num_nonnulls({', '.join(f'excluded.{part}' for part in ADDRESS)}) > 0"
"""A row that tells nothing of where the store is leaves what is known of it alone."""
ARRIVING = {part: f"CASE WHEN {TELLS_ADDRESS} THEN excluded.{part} ELSE store.{part} END" for part in ADDRESS}

MERCHANTS = ImportFile(
    name="merchants",
    description="The businesses on the platform.",
    columns=(
        Column("external_id", description="The merchant's id in your system, unique on the platform."),
        Column("name", description="The name it does business under."),
        JOINED,
    ),
    table="tenancy_merchant",
    merge="""
        INSERT INTO tenancy_merchant AS merchant (platform_id, external_id, name, created_at)
        SELECT :platform_id, staging.external_id, staging.name, staging.created_at
        FROM staging
        ON CONFLICT (platform_id, external_id) DO UPDATE SET
            name = excluded.name,
            created_at = excluded.created_at
        WHERE (merchant.name, merchant.created_at) IS DISTINCT FROM (excluded.name, excluded.created_at)
        RETURNING (xmax = 0) AS inserted
    """,
)

STORES = ImportFile(
    name="stores",
    description="The places where merchants sell.",
    columns=(
        Column("external_id", description="The store's id in your system, unique on the platform."),
        Column(
            "merchant_id",
            ColumnKind.REFERENCE,
            references="merchants",
            description="The merchant it belongs to.",
        ),
        Column("name", description="What the store is called."),
        Column("created_at", ColumnKind.TIMESTAMP, description="When the store opened."),
        Column("city", required=False, max_length=100, description="The town or city it is in."),
        Column(
            "region",
            required=False,
            max_length=100,
            description="The state, province, canton or district it is in.",
        ),
        Column("postal_code", required=False, max_length=20, description="The postal code of its address."),
        Column(
            "country_code",
            required=False,
            max_length=2,
            description="The country it is in, a code of ISO 3166-1 such as LU.",
        ),
        Column(
            "phone",
            required=False,
            max_length=40,
            description="How to ring it up. A row without address and phone leaves those that are known alone.",
        ),
    ),
    table="tenancy_store",
    merge=f"""
        INSERT INTO tenancy_store AS store
            (platform_id, merchant_id, external_id, name, created_at, {", ".join(ADDRESS)})
        SELECT :platform_id, staging.merchant_id, staging.external_id, staging.name, staging.created_at,
            {", ".join(f"staging.{part}" for part in ADDRESS)}
        FROM staging
        ON CONFLICT (platform_id, external_id) DO UPDATE SET
            name = excluded.name,
            created_at = excluded.created_at,
            {", ".join(f"{part} = {value}" for part, value in ARRIVING.items())}
        WHERE (store.name, store.created_at) IS DISTINCT FROM (excluded.name, excluded.created_at)
            OR ({", ".join(f"store.{part}" for part in ADDRESS)})
            IS DISTINCT FROM ({", ".join(ARRIVING.values())})
        RETURNING (xmax = 0) AS inserted
    """,  # noqa: S608 - names of ours
    checks={
        f"staging.country_code IN ({', '.join(repr(code) for code in sorted(COUNTRIES))})": (
            "country_code: is not a country code of ISO 3166-1 in capitals, such as LU"
        ),
        """NOT EXISTS (
            SELECT FROM tenancy_store AS known
            WHERE known.platform_id = :platform_id AND known.external_id = staging.external_id
                AND known.merchant_id <> staging.merchant_id
        )""": "the store belongs to another merchant already, and stores do not move",
    },
)

TEAM_MEMBERS = ImportFile(
    name="team_members",
    description="The people who work for merchants. They are counted and listed; importing gives no account.",
    columns=(
        Column("external_id", description="The membership's id in your system, unique on the platform."),
        Column(
            "merchant_id",
            ColumnKind.REFERENCE,
            references="merchants",
            description="The merchant the person works for.",
        ),
        Column("email", ColumnKind.EMAIL, max_length=254, description="The person's e-mail address."),
        Column("name", description="The person's name."),
        Column(
            "role",
            max_length=100,
            description="What the merchant calls the role, such as owner or manager. It gives no rights.",
        ),
        Column("created_at", ColumnKind.TIMESTAMP, description="When the person joined the team."),
    ),
    table="tenancy_membership",
    merge="""
        INSERT INTO tenancy_membership AS member
            (platform_id, merchant_id, external_id, email, name, role, title, created_at)
        SELECT :platform_id, staging.merchant_id, staging.external_id, lower(staging.email), staging.name,
            'merchant_member', staging.role, staging.created_at
        FROM staging
        ON CONFLICT (platform_id, external_id) DO UPDATE SET
            merchant_id = excluded.merchant_id,
            email = excluded.email,
            name = excluded.name,
            title = excluded.title,
            created_at = excluded.created_at
        WHERE (member.merchant_id, member.email, member.name, member.title, member.created_at)
            IS DISTINCT FROM
            (excluded.merchant_id, excluded.email, excluded.name, excluded.title, excluded.created_at)
        RETURNING (xmax = 0) AS inserted
    """,
    checks={
        """NOT EXISTS (
            SELECT FROM tenancy_membership AS known
            WHERE known.platform_id = :platform_id AND known.external_id = staging.external_id
                AND known.user_id IS NOT NULL
        )""": "the person has an account by now; change the membership in the team's settings"
    },
)

DECLARED = (MERCHANTS, STORES, TEAM_MEMBERS)
