"""What the scans look at: every name, list and sentence of the whole program, whoever adds to it later."""

import ast
import enum
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from handlers.bulletins import rules as bulletins
from handlers.dialogue import asking, command, wording
from storage.tables import METADATA

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "jobs", "handlers", "storage")


@cache
def modules() -> tuple[str, ...]:
    """Every module of the program, imported."""
    names = []
    for package in map(importlib.import_module, PACKAGES):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(("__main__", ".env")) and ".versions." not in found.name:
                importlib.import_module(found.name)
                names.append(found.name)
    return tuple(names)


def enums() -> Iterator[type[enum.Enum]]:
    """Every closed list of the program."""
    modules()
    waiting = [enum.Enum]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one.__module__.partition(".")[0] in PACKAGES:
                yield one


def categories() -> Iterator[tuple[str, str]]:
    """(where, name) of everything by which a record could be sorted: lists, columns, command words, choices."""
    for one in enums():
        for member in one:
            yield f"{one.__module__}.{one.__name__}", member.name
            yield f"{one.__module__}.{one.__name__}", str(member.value)
    for table in METADATA.tables.values():
        yield "table", table.name
        for column in table.columns:
            yield f"table {table.name}", column.name
    for word, one in command.all_commands().items():
        yield f"command {one.word}", word
    for name in bulletins.CATEGORIES:
        yield "category of a warning", name
    for form in asking.all_forms().values():
        for question in form.questions:
            yield f"form {form.name}", question.name
            for choice in (one for row in question.choices for one in row):
                yield f"form {form.name}", choice.does


@cache
def sentences() -> dict[str, str]:
    """Every sentence of the catalogue, by its key."""
    return dict(wording.load(ROOT / "bot" / "texts").sentences)


@cache
def sources() -> dict[str, ast.Module]:
    """Every file of the program, parsed, by its path."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """(`path:name`, function) of every function and method."""
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}:{node.name}", node


def parts(name: str) -> list[str]:
    """The words of an identifier: `LAST_seenAt` is last, seen, at."""
    return [one.lower() for one in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def mentioned(node: ast.AST) -> Iterator[str]:
    """Every name and attribute in an expression."""
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute):
            yield one.attr
        elif isinstance(one, ast.Name):
            yield one.id


def calls(function: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """(name, call) of every call in a function; of `people.named(…)` the name is `named`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""), node


def on_top(path: str, tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """What a file does outside its functions, statements prepared once among it."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield f"{path}:", node
