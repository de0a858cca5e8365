"""The lunar calendar 农历 of the years 2000 to 2099, as a table of its months."""

from datetime import date, timedelta
from typing import Final

FIRST_YEAR: Final = 2000
# One number a year: days from 1 January to the lunar new year (from bit 17), the month that is followed by a
# leap month or 0 (bits 13–16), and for each month from the first whether it has 30 days or 29 (bits 0–12).
# Computed from new moons and solar terms at 120° E by the rules of GB/T 33661-2017.
_YEARS: Final = tuple(
    int(word, 16)
    for word in """
    460693 2e952b 54052b 3e0a5b 2a555a 4e056a 38fb55 600ba4 4a0b49 32ba93 580a95 42052d 2c8aad 500ab5
    3d35aa 6205d2 4c0da5 36dd4a 5c0d4a 460c95 30952e 540556 3e0ab5 2a55b2 5006d2 38cea5 5e0725 48064b
    32ac97 560cab 42055a 2c6ad6 520b69 3d7752 620b52 4c0b25 36da4b 5a0a4b 4404ab 2ea55b 5405ad 3e0b6a
    2a5b52 500d92 3afd25 5e0d25 480a55 32b4ad 5804b6 4005b5 2c6daa 520ec9 3f1e92 620e92 4c0d26 36ca56
    5a0a57 440556 2e86d5 540755 400749 286e93 4e0693 38f52b 5e052b 460a5b 32b55a 58056a 420b65 2c974a
    520b4a 3d1a95 620a95 4a052d 34caad 5a0ab5 4605aa 2e8ba5 540da5 400d4a 2a7c95 4e0c96 38f94e 5e0556
    480ab5 32b5b2 5806d2 420ea5 2e8e4a 50068b 3b0c97 6004ab 4a055b 34cad6 5a0b6a 460752 309725 540b45
    3e0a8b 28549b
    """.split()
)


def solar_date(year: int, month: int, day: int) -> date | None:
    """Return the solar date of a lunar day outside leap months, None where there is no such day or year."""
    if not (FIRST_YEAR <= year < FIRST_YEAR + len(_YEARS) and 1 <= month <= 12 and 1 <= day <= 30):
        return None
    packed = _YEARS[year - FIRST_YEAR]
    leap = packed >> 13 & 15
    index = month - 1 + (1 if 0 < leap < month else 0)
    lengths = [30 if packed >> n & 1 else 29 for n in range(index + 1)]
    if day > lengths[index]:
        return None
    return date(year, 1, 1) + timedelta(days=(packed >> 17) + sum(lengths[:index]) + day - 1)
