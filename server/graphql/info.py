"""The `info` every resolver receives."""

from typing import TypeAlias

import strawberry

from server.context import Context

Info: TypeAlias = strawberry.Info[Context, None]
