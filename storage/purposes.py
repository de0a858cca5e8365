"""Purposes (用途): the closed list of what a record may be kept for; opinion, petition, assembly, belief and
ethnicity are none (R1)."""

from enum import StrEnum


class Purpose(StrEnum):
    """The closed list of purposes a record can have."""

    SERVICE = "service"
    SAFETY = "safety"
    RESCUE = "rescue"
    CRIME = "crime"
    MISSING = "missing"
    FRAUD = "fraud"
    WARNING = "warning"
    REMINDER = "reminder"
    MEMBERSHIP = "membership"
