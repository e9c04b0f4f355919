"""How a language writes numbers, learnt from a few samples: Babel takes twelve times as long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_SAMPLES = (0, 1, 9, 10, 99, 100, 1_234, 12_345, 123_456, 1_234_567, 98_765_432, 123_456_789_012)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Digits in groups of three between a prefix and a suffix; for numbers from 0 on."""

    prefix: str
    suffix: str
    group: str
    point: str
    decimals: int

    @classmethod
    def of(cls, write: Callable[[int], str], *, decimals: int = 0) -> Pattern | None:
        """The pattern by which `write` writes integers, of which the last `decimals` digits are decimals.

        None where it does not write all samples in that way, as in languages with other digits or groups.
        """
        sample = write(123_456 * 10**decimals)
        start, end = sample.find("123"), sample.rfind("456")
        if start < 0 or end < start + 3:
            return None
        fraction = sample[end + 3 :]
        digits = fraction.rfind("0" * decimals) if decimals else 0
        if digits < 0:
            return None
        pattern = cls(
            prefix=sample[:start],
            suffix=fraction[digits + decimals :],
            group=sample[start + 3 : end],
            point=fraction[:digits],
            decimals=decimals,
        )
        samples = (*_SAMPLES, *(number * 10**decimals for number in _SAMPLES))
        return pattern if all(pattern.write(number) == write(number) for number in samples) else None

    def write(self, number: int) -> str:
        """The number, which is not negative."""
        decimals = self.decimals
        if not decimals:
            return f"{self.prefix}{f'{number:,}'.replace(',', self.group)}{self.suffix}"
        whole, part = divmod(number, 10**decimals)
        digits = f"{whole:,}".replace(",", self.group)
        return f"{self.prefix}{digits}{self.point}{part:0{decimals}}{self.suffix}"
