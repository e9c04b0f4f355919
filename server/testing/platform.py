"""A platform of its own for every test: committed for real, invisible to every other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from server.app import Facet
from server.auth.audience import Audience
from server.auth.caller import Caller, CallerKind, system_caller
from server.context import Context, PlatformRecord
from server.contracts.permissions import ALL_ROLES, MERCHANT_MEMBER, OPERATOR, PLATFORM_ADMIN, STORE_STAFF
from server.events.transaction import transaction
from server.platforms.models import Platform

_numbers = count(1)


@dataclass
class Result:
    """The answer to an operation; `errors` as a client receives them."""

    data: Any
    errors: list[dict[str, Any]] = field(default_factory=list)
    extensions: dict[str, Any] = field(default_factory=dict)

    @property
    def codes(self) -> list[str]:
        """The codes of the errors."""
        return [error["extensions"]["code"] for error in self.errors]


@dataclass
class TestPlatform:
    """A platform and callers on it."""

    __test__ = False

    facet: Facet
    record: PlatformRecord

    @classmethod
    async def create(
        cls,
        facet: Facet,
        *,
        modules: list[str] | None = None,
        timezone: str = "UTC",
        currency: str = "EUR",
        allowed: list[str] | None = None,
    ) -> TestPlatform:
        """A new platform with `modules` (by default all) switched on."""
        code = f"t{uuid4().hex[:12]}"
        on = sorted(facet.registry.codes) if modules is None else modules
        async with facet.database.begin(None) as session:
            row = Platform(
                code=code,
                name=f"Test {next(_numbers)}",
                timezone=timezone,
                currency=currency,
                default_modules=on,
                allowed_modules=allowed,
            )
            session.add(row)
            await session.flush()
            record = PlatformRecord(
                id=row.id,
                code=code,
                name=row.name,
                timezone=timezone,
                currency=currency,
                allowed_modules=None if allowed is None else frozenset(allowed),
            )
        return cls(facet, record)

    @property
    def id(self) -> int:
        return self.record.id

    @property
    def code(self) -> str:
        return self.record.code

    @property
    def system(self) -> Caller:
        return system_caller(self.id, self._permissions())

    @property
    def operator(self) -> Caller:
        return self._caller(OPERATOR, Audience.OPERATOR, None)

    @property
    def admin(self) -> Caller:
        return self._caller(PLATFORM_ADMIN, Audience.ADMIN, None)

    def merchant_member(self, *merchant_ids: int) -> Caller:
        return self._caller(MERCHANT_MEMBER, Audience.MERCHANT, merchant_ids)

    def store_staff(self, *store_ids: int) -> Caller:
        return self._caller(STORE_STAFF, Audience.STORE, (), store_ids)

    def _permissions(self, roles: tuple[str, ...] = ALL_ROLES) -> frozenset[str]:
        return self.facet.registry.permissions_of(roles, self.facet.registry.codes)

    def _caller(
        self,
        role: str,
        audience: Audience,
        merchant_ids: tuple[int, ...] | None,
        store_ids: tuple[int, ...] = (),
    ) -> Caller:
        return Caller(
            kind=CallerKind.SESSION,
            audience=audience,
            platform_id=self.id,
            is_operator=role == OPERATOR,
            roles=(role,),
            permissions=self._permissions((role,)),
            merchant_ids=merchant_ids,
            store_ids=store_ids,
        )

    @asynccontextmanager
    async def context(self, caller: Caller | None = None) -> AsyncIterator[Context]:
        """A transaction of `caller` (by default the system), committed at the end."""
        ctx = await self.facet.context(caller or self.system, self.record)
        try:
            async with transaction(ctx):
                yield ctx
        finally:
            await ctx.session.close()

    async def execute(
        self, text: str, variables: dict[str, Any] | None = None, *, caller: Caller | None = None
    ) -> Result:
        """Run an operation as `caller` (by default the platform's administrator), as `/graphql` would."""
        answer = await self.facet.execute(text, variables, caller=caller or self.admin, platform=self.record)
        return Result(answer.get("data"), answer.get("errors", []), answer.get("extensions", {}))
