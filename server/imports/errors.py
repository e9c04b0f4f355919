"""Why an import did not happen. In each case nothing was stored."""

from __future__ import annotations

from collections.abc import Sequence

from server.errors import FacetError


class ImportRefused(FacetError):
    """The folder, a header or a recipe is wrong. `problems` are sentences, each naming its file."""

    code = "IMPORT_REFUSED"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(("Nothing was imported.", *self.problems)), problems=list(problems))


class ImportAlreadyRunning(FacetError):
    """Another import writes to the same platform."""

    code = "IMPORT_ALREADY_RUNNING"
