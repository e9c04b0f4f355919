"""Numbers are written as Babel writes them, whatever the language, only sooner."""

from __future__ import annotations

import pytest
from babel import Locale, localedata
from babel.numbers import format_currency, format_decimal
from hypothesis import example, given, settings
from hypothesis import strategies as st

from server.metrics.format import formatted_amount, formatted_count, major
from server.metrics.pattern import Pattern

LOCALES = sorted(localedata.locale_identifiers())
ORDINARY = ["en", "fr", "de", "en_US", "fr_LU", "de_CH", "it", "nl", "sv", "ja", "pt_BR"]
CURRENCIES = ["EUR", "USD", "CHF", "GBP", "JPY", "KWD", "CLF", "XAU", "ZZZ"]
INTEGERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-1_000, 10_000_000)


@settings(max_examples=1_500, deadline=None, derandomize=True)
@given(number=INTEGERS, locale=st.sampled_from(LOCALES))
@example(number=-1, locale="en")
@example(number=1_234_567, locale="hi")
@example(number=1_234, locale="es")
@example(number=1_234_567, locale="ar_EG")
def test_whole_numbers(number: int, locale: str) -> None:
    assert formatted_count(number, locale) == format_decimal(number, locale=Locale.parse(locale))


@settings(max_examples=1_500, deadline=None, derandomize=True)
@given(amount=INTEGERS, currency=st.sampled_from(CURRENCIES), locale=st.sampled_from(LOCALES))
@example(amount=-1, currency="EUR", locale="fr")
@example(amount=123_456_789, currency="INR", locale="hi")
@example(amount=99_999_999, currency="CHF", locale="de_CH")
@example(amount=123_456_789, currency="EUR", locale="de_AT")
def test_amounts(amount: int, currency: str, locale: str) -> None:
    expected = format_currency(major(amount, currency), currency, locale=Locale.parse(locale))

    assert formatted_amount(amount, currency, locale) == expected


@pytest.mark.parametrize("locale", ORDINARY)
def test_ordinary_languages_have_a_pattern(locale: str) -> None:
    assert Pattern.of(lambda number: format_decimal(number, locale=locale)) is not None
    for currency in ("EUR", "JPY", "KWD"):
        decimals = {"EUR": 2, "JPY": 0, "KWD": 3}[currency]

        def write(amount: int, currency: str = currency) -> str:
            return format_currency(major(amount, currency), currency, locale=locale)

        assert Pattern.of(write, decimals=decimals) is not None
