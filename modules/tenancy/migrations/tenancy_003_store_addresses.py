"""Where a store is and how to ring it up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "tenancy_003"
down_revision = "tenancy_002"
branch_labels = None
depends_on = None

COLUMNS = {"city": 100, "region": 100, "postal_code": 20, "country_code": 2, "phone": 40}
"""With the longest value. All may be null: the release before this one does not know them."""


def upgrade() -> None:
    for name, longest in COLUMNS.items():
        op.add_column("tenancy_store", sa.Column(name, sa.String(longest)))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("tenancy_store", name)
