"""The breaks (破坏): ways to break each rule on purpose, one file a rule; see `python -m tests.sabotage`."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
RULES = tuple(f"R{number}" for number in range(1, 21))
"""The rules of docs/privacy.md."""


@dataclass(frozen=True, slots=True)
class Break:
    """One way to break a rule: `old`, which stands once in `file`, becomes `new`, and `tests` must fail.

    rule: R1 to R20; what: in plain words; file: from the top of the project; tests: arguments of pytest.
    """

    rule: str
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def spoil(self, text: str) -> str:
        """The file's text with the rule broken; raises ValueError where `old` does not stand there exactly once."""
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self.rule} “{self.what}”: its text stands {count} times in {self.file}")
        return text.replace(self.old, self.new)


def known() -> list[Break]:
    """Every break, by rule and place in its file."""
    return [one for rule in RULES for one in of_rule(rule)]


def of_rule(rule: str) -> list[Break]:
    """The breaks of one rule, none where nobody has written any."""
    number = re.fullmatch(r"R(\d+)", rule)
    assert number is not None
    file = HERE / f"R{int(number[1]):02}.toml"
    if not file.exists():
        return []
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["break"]
    return [
        Break(rule, row["what"], row["file"], row["old"].strip("\n"), row["new"].strip("\n"), tuple(row["tests"]))
        for row in rows
    ]
