"""Values as they are stored, with everything that is wrong with them said at once."""

from __future__ import annotations

import re
from decimal import Decimal

from modules.billing.money import is_currency, to_minor
from server.graphql.results import ValidationError

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}")


class Values:
    """Checks values one by one; `check` raises what was found."""

    def __init__(self) -> None:
        self._wrong: list[tuple[str, str]] = []

    def text(self, field: str, value: str, *, longest: int = 200) -> str:
        """One line, trimmed, not empty, not too long."""
        trimmed = value.strip()
        if not trimmed:
            self.refuse(field, "Is empty.")
        elif len(trimmed) > longest:
            self.refuse(field, f"Has {len(trimmed)} characters; at most {longest} are kept.")
        elif not trimmed.isprintable():
            self.refuse(field, "Holds characters that cannot be printed, such as line breaks.")
        return trimmed

    def optional_text(self, field: str, value: str | None) -> str | None:
        """Like `text`; absent stays absent."""
        return None if value is None else self.text(field, value)

    def description(self, field: str, value: str) -> str:
        """Text of several lines, which may be empty."""
        if len(value) > 2_000:
            self.refuse(field, f"Has {len(value)} characters; at most 2000 are kept.")
        elif "\0" in value:
            self.refuse(field, "Holds a null character.")
        return value.strip()

    def code(self, field: str, value: str) -> str:
        """A tier's code."""
        if not _CODE.fullmatch(value):
            self.refuse(field, "Use up to 100 letters, digits, blanks, dots, hyphens and underscores.")
        return value

    def currency(self, field: str, value: str) -> str:
        """A code of ISO 4217."""
        if not is_currency(value):
            self.refuse(field, "Is no currency, such as EUR.")
        return value

    def amount(self, field: str, value: Decimal, currency: str) -> int:
        """The amount in minor units; of an unknown currency, 0."""
        if not is_currency(currency):
            return 0
        try:
            return to_minor(value, currency)
        except ValueError as error:
            self.refuse(field, str(error))
            return 0

    def between(self, field: str, value: int, least: int, most: int) -> int:
        """A whole number within bounds."""
        if not least <= value <= most:
            self.refuse(field, f"Is {value}; give {least} to {most}.")
        return value

    def refuse(self, field: str, message: str) -> None:
        """Note that the value of `field` is wrong."""
        self._wrong.append((field, message))

    def check(self) -> None:
        """Raise `ValidationError` with everything noted."""
        if self._wrong:
            fields = ", ".join(dict.fromkeys(field for field, _ in self._wrong))
            raise ValidationError(f"Nothing was stored; please correct: {fields}.", self._wrong)
