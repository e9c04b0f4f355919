"""Objects that come with their selection completed already."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Completed:
    """What an operation selects of an object, as plain data for the answer.

    Only a resolver whose info has `takes_written` may answer with it, for all objects of a field at once.
    """

    data: dict[str, Any]
