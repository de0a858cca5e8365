"""Positions (坐标): WeChat tells places in GCJ-02, the shifted grid of Chinese maps; the program keeps WGS-84.

Inside China the two lie up to 700 m apart. The shift is the one that all open implementations agree on; it has no
closed inverse, so that the way back is found by steps.
"""

from math import cos, pi, sin, sqrt
from typing import Final

AXIS: Final = 6378245.0
"""Half the longer axis of the Krasovsky 1940 ellipsoid, in metres."""
ECCENTRICITY: Final = 0.00669342162296594323
"""The first eccentricity of that ellipsoid, squared."""
STEPS: Final = 5
"""Each step leaves about a thousandth of the error."""


def to_wgs84(latitude: float, longitude: float) -> tuple[float, float]:
    """The place in WGS-84 (degrees) of one told in GCJ-02; the same place outside China."""
    if not in_china(latitude, longitude):
        return latitude, longitude
    north, east = latitude, longitude
    for _ in range(STEPS):
        shifted = to_gcj02(north, east)
        north, east = north - (shifted[0] - latitude), east - (shifted[1] - longitude)
    return north, east


def to_gcj02(latitude: float, longitude: float) -> tuple[float, float]:
    """The place in GCJ-02 (degrees) of one in WGS-84."""
    x, y = longitude - 105.0, latitude - 35.0
    angle = latitude / 180.0 * pi
    bent = 1 - ECCENTRICITY * sin(angle) ** 2
    north = _north(x, y) * 180.0 / (AXIS * (1 - ECCENTRICITY) / (bent * sqrt(bent)) * pi)
    east = _east(x, y) * 180.0 / (AXIS / sqrt(bent) * cos(angle) * pi)
    return latitude + north, longitude + east


def in_china(latitude: float, longitude: float) -> bool:
    """Whether the maps shift what lies there, by the box they all use."""
    return 0.8293 < latitude < 55.8271 and 72.004 < longitude < 137.8347


def _north(x: float, y: float) -> float:
    """The shift to the north in metres."""
    flat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    return flat + _ripple(x) + _waves(y, (20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0))


def _east(x: float, y: float) -> float:
    """The shift to the east in metres."""
    flat = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    return flat + _ripple(x) + _waves(x, (20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0))


def _ripple(x: float) -> float:
    return (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0


def _waves(at: float, *waves: tuple[float, float]) -> float:
    """Waves of (height, length), all taken by two thirds."""
    return sum(height * sin(at / length * pi) for height, length in waves) * 2.0 / 3.0
