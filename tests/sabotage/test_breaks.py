"""The breaks of the rules stay true: each still fits the code it breaks and names tests that exist."""

import pytest

from tests.sabotage.breaks import ROOT, RULES, Break, known, of_rule

BREAKS = known()


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: f"{one.rule} {one.what}")
def test_a_break_still_fits(one: Break) -> None:
    sound = (ROOT / one.file).read_text(encoding="utf-8")
    assert one.spoil(sound) != sound
    if one.file.endswith(".py"):
        compile(one.spoil(sound), one.file, "exec")
    for test in one.tests:
        assert (ROOT / test.partition("::")[0]).exists(), test


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_broken_somewhere(rule: str) -> None:
    assert len(of_rule(rule)) >= 2
