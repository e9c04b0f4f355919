"""What PostgreSQL can keep as text."""

from __future__ import annotations


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can keep the text: no zero character, no half of a surrogate pair."""
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
