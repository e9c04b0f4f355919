"""Platforms, their modules, accounts, credentials and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from server.db.engine import APP_ROLE
from server.db.security import enable_row_level_security, grant

revision = "kernel_001"
down_revision = None
branch_labels = ("kernel",)
depends_on = None


def instant(name: str, *, nullable: bool = True) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def identity() -> sa.Column[sa.BigInteger]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=False), nullable=False)


def created_at() -> sa.Column[sa.DateTime]:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def platform_id(*, nullable: bool = False) -> sa.Column[sa.BigInteger]:
    return sa.Column("platform_id", sa.BigInteger, nullable=nullable)


def key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=f"pk_{table}")


def refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    create_application_role()
    create_platforms()
    create_accounts()
    create_platform_modules()
    create_audit_log()
    create_functions()


def create_application_role() -> None:
    op.execute(
        f"""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
            CREATE ROLE {APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
            EXECUTE format('GRANT {APP_ROLE} TO %I', current_user);
          END IF;
        END $$
        """
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    op.execute(
        f"DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO {APP_ROLE}', current_database()); END $$"
    )


def create_platforms() -> None:
    op.create_table(
        "platform",
        identity(),
        created_at(),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("timezone", sa.String(64), server_default="UTC", nullable=False),
        sa.Column("currency", sa.String(3), server_default="EUR", nullable=False),
        sa.Column("hosts", JSONB, server_default="[]", nullable=False),
        sa.Column("allowed_modules", JSONB),
        sa.Column("default_modules", JSONB, server_default="[]", nullable=False),
        sa.Column("default_config", JSONB, server_default="{}", nullable=False),
        key("platform"),
        sa.UniqueConstraint("code", name="uq_platform_code"),
        sa.CheckConstraint("code ~ '^[a-z][a-z0-9-]{1,39}$'", name="ck_platform_code_form"),
    )
    grant("platform", "SELECT", "INSERT", "UPDATE")


def create_accounts() -> None:
    op.create_table(
        "user_account",
        identity(),
        created_at(),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.String(200)),
        sa.Column("is_operator", sa.Boolean, server_default="false", nullable=False),
        sa.Column("is_active", sa.Boolean, server_default="true", nullable=False),
        sa.Column("failed_sign_ins", sa.BigInteger, server_default="0", nullable=False),
        instant("locked_until"),
        key("user_account"),
        sa.UniqueConstraint("email", name="uq_user_account_email"),
    )
    grant("user_account", "SELECT", "INSERT", "UPDATE")
    op.create_table(
        "user_session",
        identity(),
        created_at(),
        platform_id(nullable=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        instant("expires_at", nullable=False),
        instant("last_used_at"),
        instant("revoked_at"),
        key("user_session"),
        sa.UniqueConstraint("token_hash", name="uq_user_session_token_hash"),
        refers("user_session", "platform_id", "platform"),
        refers("user_session", "user_id", "user_account"),
    )
    op.create_index("ix_user_session_user_id", "user_session", ["user_id"])
    op.create_index("ix_user_session_platform_id", "user_session", ["platform_id"])
    enable_row_level_security("user_session", delete=False, nullable=True)
    op.create_table(
        "api_key",
        identity(),
        created_at(),
        platform_id(),
        sa.Column("created_by", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("scopes", JSONB, nullable=False),
        instant("expires_at"),
        instant("last_used_at"),
        instant("revoked_at"),
        key("api_key"),
        sa.UniqueConstraint("token_hash", name="uq_api_key_token_hash"),
        refers("api_key", "platform_id", "platform"),
        refers("api_key", "created_by", "user_account"),
    )
    op.create_index("ix_api_key_platform_id", "api_key", ["platform_id"])
    op.create_index("ix_api_key_created_by", "api_key", ["created_by"])
    enable_row_level_security("api_key", delete=False)


def create_platform_modules() -> None:
    op.create_table(
        "platform_module",
        identity(),
        created_at(),
        platform_id(),
        sa.Column("module_code", sa.String(40), nullable=False),
        sa.Column("is_enabled", sa.Boolean, server_default="false", nullable=False),
        sa.Column("config", JSONB, server_default="{}", nullable=False),
        instant("enabled_at"),
        sa.Column("enabled_by", sa.BigInteger),
        instant("disabled_at"),
        sa.Column("disabled_by", sa.BigInteger),
        instant("updated_at"),
        key("platform_module"),
        sa.UniqueConstraint("platform_id", "module_code", name="uq_platform_module_platform_id_module_code"),
        refers("platform_module", "platform_id", "platform"),
        refers("platform_module", "enabled_by", "user_account"),
        refers("platform_module", "disabled_by", "user_account"),
    )
    enable_row_level_security("platform_module")
    op.create_table(
        "module_change",
        identity(),
        platform_id(),
        sa.Column("group_id", sa.String(36), nullable=False),
        sa.Column("module_code", sa.String(40), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        instant("at", nullable=False),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("reason", sa.String(500)),
        key("module_change"),
        refers("module_change", "platform_id", "platform"),
        refers("module_change", "user_id", "user_account"),
    )
    op.create_index("ix_module_change_platform_id_at", "module_change", ["platform_id", "at"])
    enable_row_level_security("module_change", update=False, delete=False)
    op.create_table(
        "menu_visibility",
        identity(),
        created_at(),
        platform_id(),
        sa.Column("item_code", sa.String(100), nullable=False),
        sa.Column("frontend", sa.String(20), nullable=False),
        sa.Column("is_visible", sa.Boolean, nullable=False),
        key("menu_visibility"),
        sa.UniqueConstraint(
            "platform_id", "item_code", "frontend", name="uq_menu_visibility_platform_id_item_code_frontend"
        ),
        refers("menu_visibility", "platform_id", "platform"),
    )
    enable_row_level_security("menu_visibility")


def create_audit_log() -> None:
    op.create_table(
        "audit_entry",
        identity(),
        platform_id(nullable=True),
        instant("at", nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("credential_id", sa.BigInteger),
        sa.Column("action", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("before", JSONB),
        sa.Column("after", JSONB),
        sa.Column("reason", sa.String(500)),
        sa.Column("request_id", sa.String(64), nullable=False),
        key("audit_entry"),
        refers("audit_entry", "platform_id", "platform"),
        refers("audit_entry", "user_id", "user_account"),
    )
    op.create_index("ix_audit_entry_platform_at", "audit_entry", ["platform_id", "at", "id"])
    op.create_index("ix_audit_entry_user_id", "audit_entry", ["user_id"])
    enable_row_level_security("audit_entry", update=False, delete=False, nullable=True)


FUNCTIONS = {
    "facet_identify(wanted bytea)": """
        RETURNS TABLE (kind text, credential_id bigint, user_id bigint, platform_id bigint, email text, name text,
                       is_operator boolean, is_active boolean, created_at timestamptz, expires_at timestamptz,
                       last_used_at timestamptz, revoked_at timestamptz, scopes jsonb)
        STABLE AS $$
          SELECT 'session', s.id, u.id, s.platform_id, u.email, u.name, u.is_operator, u.is_active,
                 s.created_at, s.expires_at, s.last_used_at, s.revoked_at, NULL::jsonb
          FROM public.user_session s JOIN public.user_account u ON u.id = s.user_id
          WHERE s.token_hash = wanted
          UNION ALL
          SELECT 'api_key', k.id, u.id, k.platform_id, u.email, u.name, u.is_operator, u.is_active,
                 k.created_at, k.expires_at, k.last_used_at, k.revoked_at, k.scopes
          FROM public.api_key k JOIN public.user_account u ON u.id = k.created_by
          WHERE k.token_hash = wanted
        $$
    """,
    "facet_touch_credential(wanted bytea, used_at timestamptz, expire_at timestamptz)": """
        RETURNS void VOLATILE AS $$
          UPDATE public.user_session SET last_used_at = used_at, expires_at = expire_at
          WHERE token_hash = wanted AND revoked_at IS NULL;
          UPDATE public.api_key SET last_used_at = used_at WHERE token_hash = wanted AND revoked_at IS NULL;
        $$
    """,
    "facet_revoke_session(session_id bigint, owner_id bigint, at timestamptz)": """
        RETURNS boolean VOLATILE AS $$
          WITH revoked AS (
            UPDATE public.user_session SET revoked_at = at
            WHERE id = session_id AND user_id = owner_id AND revoked_at IS NULL RETURNING id)
          SELECT EXISTS (SELECT FROM revoked)
        $$
    """,
}


def create_functions() -> None:
    """Credentials are looked up before the platform is known: these run as the owner and need the secret's hash."""
    for signature, body in FUNCTIONS.items():
        name = signature.partition("(")[0]
        op.execute(
            f"CREATE FUNCTION {signature} {body} LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
        )
        types = ", ".join(part.split()[-1] for part in signature.partition("(")[2].rstrip(")").split(","))
        op.execute(f"REVOKE ALL ON FUNCTION {name}({types}) FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {name}({types}) TO {APP_ROLE}")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature.partition('(')[0]}")
    for table in (
        "audit_entry",
        "menu_visibility",
        "module_change",
        "platform_module",
        "api_key",
        "user_session",
        "user_account",
        "platform",
    ):
        op.drop_table(table)
