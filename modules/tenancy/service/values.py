"""Values as they are stored: trimmed, bounded, printable."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import available_timezones

from babel.core import get_global

from modules.tenancy.countries import COUNTRIES
from server.graphql.results import ValidationError

MAX_NAME = 200
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_CODE = re.compile(r"[a-z][a-z0-9-]{1,39}")


class Values:
    """Collects what is wrong with the input, so that a client hears of everything at once."""

    def __init__(self) -> None:
        self._wrong: list[tuple[str, str]] = []

    def text(self, field: str, value: str, *, longest: int = MAX_NAME) -> str:
        """`value` without the blanks around it: one line, not empty, not too long."""
        trimmed = value.strip()
        if not trimmed:
            self.refuse(field, "Is empty.")
        elif len(trimmed) > longest:
            self.refuse(field, f"Has {len(trimmed)} characters; at most {longest} are kept.")
        elif not trimmed.isprintable():
            self.refuse(field, "Holds characters that cannot be printed, such as line breaks.")
        return trimmed

    def optional_text(self, field: str, value: str | None, *, longest: int = MAX_NAME) -> str | None:
        """Like `text`; absent stays absent."""
        return None if value is None else self.text(field, value, longest=longest)

    def email(self, field: str, value: str) -> str:
        """The address in lower case."""
        address = value.strip().lower()
        if len(address) > 254 or not address.isprintable() or not _EMAIL.fullmatch(address):
            self.refuse(field, "Is no e-mail address, such as ada@example.com.")
        return address

    def code(self, field: str, value: str) -> str:
        """A platform's code, which is part of its address."""
        if not _CODE.fullmatch(value):
            self.refuse(field, "Use 2 to 40 of a-z, 0-9 and -, beginning with a letter.")
        return value

    def timezone(self, field: str, value: str) -> str:
        """An IANA time zone."""
        if value not in available_timezones():
            self.refuse(field, "Is no time zone, such as Europe/Paris.")
        return value

    def currency(self, field: str, value: str) -> str:
        """An ISO 4217 code."""
        if value not in get_global("all_currencies"):
            self.refuse(field, "Is no currency, such as EUR.")
        return value

    def country(self, field: str, value: str) -> str:
        """A code of ISO 3166-1 alpha-2."""
        if value not in COUNTRIES:
            self.refuse(field, "Is no country code of ISO 3166-1 in capitals, such as LU.")
        return value

    def future(self, field: str, value: datetime | None, now: datetime) -> datetime | None:
        """An instant that is still to come, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            self.refuse(field, "Has no time zone; end it with Z or an offset such as +02:00.")
            return None
        try:
            instant = value.astimezone(UTC)
        except OverflowError:
            self.refuse(field, "Is out of range.")
            return None
        if instant <= now:
            self.refuse(field, "Has passed already.")
        return instant

    def refuse(self, field: str, message: str) -> None:
        """Note that the value of `field` is wrong."""
        self._wrong.append((field, message))

    def check(self) -> None:
        """Raise `ValidationError` with everything noted."""
        if self._wrong:
            fields = ", ".join(dict.fromkeys(field for field, _ in self._wrong))
            raise ValidationError(f"Nothing was stored; please correct: {fields}.", self._wrong)


def searchable(search: str | None) -> str | None:
    """`search` as the database can compare it; None when there is nothing to look for."""
    cleaned = "".join(character for character in search or "" if character.isprintable()).strip()
    return cleaned[:MAX_NAME] or None
