"""Places (位置): WeChat tells them on the shifted grid of Chinese maps (GCJ-02); the program keeps WGS-84."""

from math import cos, pi, sin, sqrt
from typing import Final

AXIS: Final = 6_378_245.0
FLATNESS: Final = 0.006_693_421_622_965_943
"""The Krasovsky ellipsoid: semi-major axis in metres, square of the eccentricity."""

ROUNDS: Final = 4
"""Each round brings the inverse about a thousand times nearer; four are below a centimetre."""


def from_gcj(latitude: float, longitude: float) -> tuple[float, float]:
    """A place in WGS-84, both in degrees; outside China the two grids are the same.

    There is no published inverse: the known way there is walked back by approximation.
    """
    lat, lon = latitude, longitude
    for _ in range(ROUNDS):
        there = to_gcj(lat, lon)
        lat, lon = lat + latitude - there[0], lon + longitude - there[1]
    return lat, lon


def to_gcj(latitude: float, longitude: float) -> tuple[float, float]:
    """A place on the shifted grid, both in degrees."""
    if not (0.8293 <= latitude <= 55.8271 and 72.004 <= longitude <= 137.8347):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    turn = latitude / 180.0 * pi
    bend = 1.0 - FLATNESS * sin(turn) ** 2
    north = north * 180.0 / (AXIS * (1.0 - FLATNESS) / (bend * sqrt(bend)) * pi)
    east = east * 180.0 / (AXIS / sqrt(bend) * cos(turn) * pi)
    return latitude + north, longitude + east
