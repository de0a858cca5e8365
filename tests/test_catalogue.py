"""The catalogue and the program fit: every sentence asked for is there, and none stands there unused."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from handlers.dialogue import asking
from tests.support.stage import ROOT, words

CALLS = frozenset({"text", "say", "refuse", "button", "sentence", "Text"})
FOLDERS = ("handlers", "jobs", "bot")


def trees() -> Iterator[ast.AST]:
    """Every file of the program, parsed."""
    for folder in FOLDERS:
        for path in sorted(Path(ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


def asked_for() -> set[str]:
    """Keys that stand as plain strings where a sentence is asked for."""
    found = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                key = node.args[0].value
                if name in CALLS and isinstance(key, str) and re.fullmatch(r"[a-z_]+(\.\w+)+", key):
                    found.add(key)
    return found


def mentioned() -> re.Pattern[str]:
    """Every key the program can make: its strings, and its f-strings with anything in their gaps."""
    kinds = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
                kinds.add(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = [re.escape(str(p.value)) if isinstance(p, ast.Constant) else r".+" for p in node.values]
                if re.match(r"[a-z_]+(\\\.|\.\+)", parts[0]):
                    kinds.add("".join(parts))
    return re.compile("|".join(sorted(kinds)))


def test_every_sentence_asked_for_is_there() -> None:
    asked = asked_for()
    assert len(asked) > 100
    assert asked - set(words().sentences) == set()


def test_no_sentence_stands_unused() -> None:
    used = mentioned()
    questions = {f"{form.name}.{one.name}.ask" for form in asking.all_forms().values() for one in form.questions}
    assert questions <= set(words().sentences)
    unused = [key for key in words().sentences if "." in key and key not in questions and not used.fullmatch(key)]
    assert unused == []


def test_whoever_shows_the_notes_of_a_record_has_words_for_a_letter_of_the_safety_office() -> None:
    """督办 notes itself beside a record of any kind (`handlers/supervision`)."""
    shown = {
        found[1]
        for tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant)
        if (found := re.fullmatch(r"(\w+)\.note\.", str(node.values[0].value)))
    }
    assert len(shown) >= 5
    noted = {f"{kind}.note.{what}" for kind in shown for what in ("supervised", "unsupervised")}
    assert noted - set(words().sentences) == set()
