"""The page of the twenty rules names code and tests that are there, and the tests that its breaks must fail."""

import re
from pathlib import Path

import pytest

from tests.sabotage.breaks import ROOT, RULES, of_rule

PAGE = ROOT / "docs" / "privacy.md"
ROW = re.compile(r"^\| (R\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.M)
NAMED = re.compile(r"`([\w./-]+\.\w+|[\w./-]+/)`")


def rows() -> dict[str, tuple[str, list[Path], list[str]]]:
    """What the page says of each rule: in words, the code that keeps it, the files of the tests that decide it."""
    return {
        rule: (said, [ROOT / one for one in NAMED.findall(code)], NAMED.findall(tests))
        for rule, said, code, tests in ROW.findall(PAGE.read_text(encoding="utf-8"))
    }


def test_every_rule_has_a_row() -> None:
    assert tuple(rows()) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_a_row_names_code_and_tests_that_are_there(rule: str) -> None:
    said, code, tests = rows()[rule]
    assert len(said) > 20
    assert code
    assert [one for one in code if not one.exists()] == []
    assert tests
    assert [one for one in tests if not (ROOT / one).is_file()] == []


@pytest.mark.parametrize("rule", RULES)
def test_the_tests_of_a_row_are_those_its_breaks_must_fail(rule: str) -> None:
    broken = {test.partition("::")[0] for one in of_rule(rule) for test in one.tests}
    _, _, tests = rows()[rule]
    assert set(tests) <= broken


def test_every_file_of_the_rules_is_on_the_page() -> None:
    named = {test for _, _, tests in rows().values() for test in tests}
    files = {f"tests/rules/{one.name}" for one in (ROOT / "tests" / "rules").glob("test_*.py")}
    assert files - named == set()
