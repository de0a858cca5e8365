"""Every sentence of the catalogue is said somewhere, and every sentence said stands in the catalogue."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from handlers.dialogue import asking
from handlers.dialogue.wording import shipped

ROOT = Path(__file__).parents[2]
FLOORS = ("bot", "jobs", "handlers", "storage")
SAYS = frozenset({"Text", "text", "sentence", "say", "button", "refuse"})
"""What is called with a key of the catalogue."""
KEY = re.compile(r"[a-z_]+(?:\.\w+)+")


@cache
def nodes() -> tuple[ast.AST, ...]:
    """All of the program."""
    files = [file for floor in FLOORS for file in sorted((ROOT / floor).rglob("*.py"))]
    return tuple(node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def named_in_calls() -> Iterator[str]:
    """Keys handed to what makes a sentence."""
    for node in nodes():
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0].value
            if name in SAYS and isinstance(first, str) and KEY.fullmatch(first):
                yield first


def built() -> list[re.Pattern[str]]:
    """Keys built from a prefix and a value: f"bulletins.lack.{lack}"."""
    found = []
    for node in nodes():
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"\w+" for v in node.values]
            found.append(re.compile("".join(parts)))
    return found


def asked() -> set[str]:
    """The questions of all guided talks."""
    forms = asking.all_forms().values()
    return {f"{form.name}.{question.name}.ask" for form in forms for question in form.questions}


def test_what_is_said_stands_in_the_catalogue() -> None:
    missing = ({*named_in_calls()} | asked()) - set(shipped(ROOT / "bot" / "texts"))
    assert not missing


def test_what_stands_in_the_catalogue_is_said() -> None:
    constants = {node.value for node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    known = constants | asked()
    patterns = built()
    unsaid = [
        key
        for key in shipped(ROOT / "bot" / "texts")
        if key not in known and not any(pattern.fullmatch(key) for pattern in patterns)
    ]
    assert not unsaid


def test_the_catalogue_is_one_file() -> None:
    assert [file.name for file in (ROOT / "bot" / "texts").glob("*.toml")] == ["zh.toml"]
