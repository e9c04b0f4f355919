"""Arguments of every list."""

from typing import Annotated

import strawberry

PAGE = 20
First = Annotated[int | None, strawberry.argument(description="How many items the page holds: 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The cursor behind which the page begins.")]
