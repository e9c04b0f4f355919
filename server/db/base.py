"""The base of every table, and the columns most of them share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

BigId = Annotated[int, mapped_column(BigInteger, Identity(always=False), primary_key=True)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]


class Base(DeclarativeBase):
    """Constraint and index names are generated, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        int: BigInteger,
        dict[str, Any]: JSONB,
        list[str]: JSONB,
    }


class CreatedAt:
    """When the row's subject came into being (not when it was imported)."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PlatformOwned(CreatedAt):
    """A row of one platform: row-level security shows it to that platform only.

    `merchant_column` and `store_column` name the columns that say whose row it is; a caller bound to
    merchants or stores sees only rows that one of them names.
    """

    merchant_column: ClassVar[str | None] = None
    store_column: ClassVar[str | None] = None

    id: Mapped[BigId]
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
