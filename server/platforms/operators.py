"""The accounts of operators, who come before every platform."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from server.auth.models import UserAccount
from server.auth.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH, passwords
from server.context import Context
from server.errors import BadUserInput
from server.graphql.ids import global_id
from server.imports.cells import EMAIL, LONGEST_EMAIL

LONGEST_NAME = 200


async def create_operator(ctx: Context, *, email: str, name: str, password: str) -> UserAccount:
    """A new account that may do everything on every platform.

    An account that exists is left as it is: making its owner an operator would outlive their role.
    """
    address, name = email.strip().lower(), name.strip()
    _check(address, name, password)
    statement = (
        insert(UserAccount)
        .values(
            email=address,
            name=name,
            is_operator=True,
            password_hash=await passwords().hash(password),
            created_at=ctx.clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(UserAccount)
    )
    account: UserAccount | None = (await ctx.session.execute(statement)).scalar_one_or_none()
    if account is None:
        raise BadUserInput(f"{address} has an account already. Use another address for the operator.")
    ctx.audit("auth.create_operator", subject=global_id("User", account.id), after={"email": address})
    return account


def _check(address: str, name: str, password: str) -> None:
    if len(address) > LONGEST_EMAIL or not address.isprintable() or not EMAIL.fullmatch(address):
        raise BadUserInput(f"{address!r} is no e-mail address, such as ada@example.com.")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadUserInput(f"A name is one line of 1 to {LONGEST_NAME} characters.")
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise BadUserInput(
            f"A password has {MINIMUM_LENGTH} to {MAXIMUM_LENGTH} characters; several words are best."
        )
