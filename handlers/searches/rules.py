"""The gate and the clocks of a search (寻人): what may be published, how somebody is named, when what is due. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from handlers.searches import reading

YES: Final = "yes"
STAY: Final = "stay"
NO: Final = "no"
LONGEST: Final = timedelta(days=7)
LOOK_AGAIN: Final = timedelta(hours=1)
"""How often the officer is asked to widen while nobody has seen the person."""
REVIEW_WITHIN: Final = timedelta(minutes=30)
"""Within which a second officer looks at what one alone has published (R7)."""
DRAFT_LIVES: Final = timedelta(hours=24)


class Lack(StrEnum):
    """What a search lacks to be published; the value ends the key of the sentence that says how to mend it."""

    OFFICER = "officer"
    RISK = "risk"
    DESCRIPTION = "description"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Case:
    """What the gate looks at; `danger` is an officer's own word, `by_law` the statutory note (依法)."""

    years: int | None = None
    group: str | None = None
    sex: str | None = None
    looks: str = ""
    health: str = ""
    story: str = ""
    photo: bool = False
    consent: str | None = None
    confirmed: bool = False
    danger: bool = False
    by_law: bool = False


def case_of(
    facts: Mapping[str, Any],
    *,
    confirmed: bool = False,
    danger: bool = False,
    by_law: bool = False,
    photo: bool = False,
) -> Case:
    """The case as the gate sees it, from what is known and what the officer says."""
    age = facts.get("age") or {}
    seen = facts.get("seen") or {}
    return Case(
        years=age.get("years"),
        group=age.get("group"),
        sex=sex_of(facts),
        looks="，".join(filter(None, (facts.get("clothes"), facts.get("correction")))),
        health=facts.get("health") or "",
        story="，".join(filter(None, (facts.get("note"), seen.get("where"), facts.get("who")))),
        photo=photo,
        consent=facts.get("consent"),
        confirmed=confirmed,
        danger=danger or bool(facts.get("danger")),
        by_law=by_law,
    )


def sex_of(facts: Mapping[str, Any]) -> str | None:
    """男 or 女, where what was said tells."""
    return reading.sex_of(facts.get("who") or "") or reading.sex_of(facts.get("note") or "")


def is_minor(case: Case) -> bool:
    """Under 18, or of an age nobody knows: such a one is shielded like a minor."""
    return case.group not in (reading.ADULT, reading.OLD)


def at_risk(case: Case) -> bool:
    """Under 18, 60 or older, ill, words of danger, or an officer says so."""
    return (
        case.danger
        or case.group in (reading.CHILD, reading.OLD)
        or reading.ill(f"{case.health}，{case.story}")
        or reading.in_danger(f"{case.health}，{case.story}")
    )


def describable(case: Case) -> bool:
    """At least two of age, sex, clothes, looks, photo."""
    clothes, looks = reading.features(case.looks)
    aged = case.years is not None or case.group in (reading.CHILD, reading.OLD)
    return sum((aged, case.sex is not None, clothes, looks, case.photo)) >= 2


def lacking(case: Case) -> tuple[Lack, ...]:
    """The gate: what is missing before this may be shown to thousands; empty where it may."""
    lacks = []
    if not case.confirmed:
        lacks.append(Lack.OFFICER)
    if not at_risk(case):
        lacks.append(Lack.RISK)
    if not describable(case):
        lacks.append(Lack.DESCRIPTION)
    if case.consent not in (YES, STAY) and not case.by_law:
        lacks.append(Lack.CONSENT)
    return tuple(lacks)


def photo_can_stay(case: Case) -> bool:
    """Whether a photo may go where no copy can be called back: an adult at risk, with the consent that says so."""
    return case.consent == STAY and case.group in (reading.ADULT, reading.OLD) and at_risk(case)


def public_name(facts: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    """(key of the sentence, its gaps) by which the public names somebody: 王某, 王奶奶 or 一位老人; never in full."""
    family = reading.family_name(facts.get("who") or "")
    if family is not None and family[1]:
        return "search.name.elder", {"family": family[0], "title": family[1]}
    group = (facts.get("age") or {}).get("group") or "unknown"
    sex = {"男": "male", "女": "female"}.get(sex_of(facts) or "", "any")
    if family is not None:
        elder = group == reading.OLD and sex != "any"
        return f"search.name.elder_{sex}" if elder else "search.name.family", {"family": family[0]}
    return f"search.name.{group}_{sex}", {}


def expiry(now: datetime, lives: timedelta) -> datetime:
    """When a notice published now ends: after the station's span, at most seven days."""
    return now + min(lives, LONGEST)


@dataclass(frozen=True, slots=True)
class Step:
    """What an unverified search does next: whom to tell, and after how long the step behind it is due."""

    tells: str
    then: timedelta


def unverified(stage: int, verify: timedelta) -> Step:
    """The ladder of a search nobody has verified: desk; desk and chiefs; then the desk after one hour and every six."""
    if stage == 0:
        return Step("desk", 2 * verify)
    if stage == 1:
        return Step("chiefs", timedelta(hours=1))
    return Step("desk", timedelta(hours=6))


def waits_for_review(verified: datetime, reviewed: bool, now: datetime) -> bool:
    """Whether widening rests because no second officer has looked at the notice in time."""
    return not reviewed and now >= verified + REVIEW_WITHIN


def asks_to_widen(frozen: bool, seen_lately: bool) -> bool:
    """Whether the officer is asked to widen: nobody has seen the person for an hour, and nothing is frozen."""
    return not frozen and not seen_lately


def photo_goes_at(closed: datetime, after: timedelta) -> datetime:
    """When the photo of a closed search is erased."""
    return closed + after
