"""`facet users …`."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from server.app import opened
from server.auth.caller import system_caller
from server.cli.asking import ask
from server.events.transaction import transaction
from server.platforms.operators import create_operator as create_account

app = typer.Typer(help="The people who can sign in.", no_args_is_help=True)

SET_PASSWORD = """
mutation SetPassword($email: String!, $password: String!) {
  setPassword(email: $email, password: $password) {
    ... on SetPasswordPayload { email }
    ... on Error { message }
    ... on ValidationFailed { fields { field message } }
  }
}
"""

Email = Annotated[str, typer.Argument(help="The e-mail address that signs in.")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
]


@app.command("create-operator")
def create_operator(
    email: Email,
    name: Annotated[str, typer.Option(help="The person's name.")],
    password_stdin: FromInput = False,
) -> None:
    """Create an operator, who may do everything on every platform. The first one is made this way."""
    password = _password(from_input=password_stdin)

    async def run() -> None:
        async with opened() as facet:
            ctx = await facet.context(system_caller(None, frozenset()), None)
            try:
                async with transaction(ctx):
                    await create_account(ctx, email=email, name=name, password=password)
            finally:
                await ctx.session.close()

    asyncio.run(run())
    typer.echo(f"Created the operator {email.strip().lower()}.")


@app.command("set-password")
def set_password(email: Email, password_stdin: FromInput = False) -> None:
    """Give an account a password, such as its first one or one for who forgot it. All its sessions end."""
    password = _password(from_input=password_stdin)

    async def run() -> None:
        async with opened() as facet:
            await ask(facet, SET_PASSWORD, email=email, password=password)

    asyncio.run(run())
    typer.echo(f"{email.strip().lower()} has a new password.")


def _password(*, from_input: bool) -> str:
    """The password; never an argument, which other people on the machine could read."""
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer
