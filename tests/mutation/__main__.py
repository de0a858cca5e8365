"""Mutation testing (变异测试), `make mutate`: rules changed a little everywhere, each time wanting a test to fail.

mutmut works on a copy under `.cache/mutation`, so that nothing of it lies about here, and what it did is remembered
there: run again, it looks only at what changed. What it found goes into `docs/mutation.md`. Mutants that change nothing
anybody could see are named in `equivalent.toml`, with the reason.

    python -m tests.mutation                  everything, at most an hour on two cores
    python -m tests.mutation handlers/bulletins/gate.py …    only these
    python -m tests.mutation --survived …     also print what no test noticed
"""

import json
import os
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
COPY: Final = ROOT / ".cache" / "mutation"
PAGE: Final = ROOT / "docs" / "mutation.md"
EQUIVALENT: Final = Path(__file__).with_name("equivalent.toml")
TARGET: Final = 85.0

MATRIX: Final = "tests/rules/test_r04_access.py::test_"
MASKING: Final = (
    "tests/handlers/reading/test_masking_edges.py",
    "tests/handlers/reading/test_identifiers.py",
    "tests/rules/test_r03_masking.py",
)
MODULES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "handlers/reading/identifiers.py": ("masking", MASKING),
    "handlers/reading/digit_runs.py": ("masking", MASKING),
    "handlers/reading/doors.py": ("masking", MASKING),
    "handlers/reading/plates.py": ("masking", MASKING),
    "handlers/reading/coordinates.py": ("masking", MASKING),
    "handlers/bulletins/gate.py": (
        "gate",
        ("tests/handlers/bulletins/test_gate.py", "tests/mutation/test_bulletins.py"),
    ),
    "handlers/bulletins/rules.py": (
        "approval",
        ("tests/handlers/bulletins/test_rules.py", "tests/mutation/test_bulletins.py"),
    ),
    "handlers/searches/rules.py": (
        "gate",
        ("tests/handlers/searches/test_rules.py", "tests/mutation/test_searches.py"),
    ),
    "handlers/dialogue/access.py": (
        "access",
        (
            "tests/mutation/test_access.py",
            f"{MATRIX}every_cell",
            f"{MATRIX}somebody_without_any_role_may_what_everybody_may_and_no_area",
            f"{MATRIX}what_has_no_row_is_refused_to_everybody",
        ),
    ),
    "jobs/pace.py": ("limits", ("tests/jobs/test_pace.py", "tests/mutation/test_pace.py")),
}
"""What is changed, which promise it keeps, and what must notice: the quick tests of just these rules."""

QUICK: Final = "not linear_time and not work_grows and not kilobytes"
"""Tests that measure time would notice every mutant on a busy machine."""

KILLED: Final = frozenset({1, 3, 24, 36, 152, 255, -24, -9, -11})
"""How a test run ends that noticed; a mutant that never ends or breaks the interpreter is noticed, too."""
SURVIVED: Final = frozenset({0, 5, 33})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: its name, whether a test noticed, and the lines it took out and put in."""

    name: str
    noticed: bool
    change: tuple[str, str] = ("", "")


def main(arguments: Sequence[str]) -> int:
    """Run, write the page; 1 where a module is below the target."""
    named = [one for one in arguments if not one.startswith("-")]
    chosen = [path for path in MODULES if not named or path in named]
    began = time.monotonic()
    copy(chosen)
    run()
    minutes = (time.monotonic() - began) / 60
    known = {(one["function"], one["new"].strip()): one["why"] for one in equivalents()}
    found = {path: mutants(path) for path in chosen}
    lines, low = [], False
    for path, some in found.items():
        alike = [one for one in some if not one.noticed and (function_of(one), one.change[1].strip()) in known]
        missed = [one for one in some if not one.noticed and one not in alike]
        counted = len(some) - len(alike)
        score = 100 * (counted - len(missed)) / counted if counted else 100.0
        low = low or score < TARGET
        lines.append(
            f"| `{path}` | {MODULES[path][0]} | {len(some)} | {counted - len(missed)} | {len(missed)} | {len(alike)} "
            f"| {score:.1f} % |"
        )
        if "--survived" in arguments:
            for one in missed:
                print(f"\n{one.name}\n- {one.change[0]}\n+ {one.change[1]}")  # noqa: T201 - what is asked for
    print("\n".join(lines))  # noqa: T201 - what is asked for
    if not named:
        PAGE.write_text(page(lines, minutes), encoding="utf-8")
    return int(low)


def copy(chosen: Sequence[str]) -> None:
    """Bring the copy up to date, with the settings mutmut reads."""
    COPY.mkdir(parents=True, exist_ok=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    wanted = [file for file in files if file and (ROOT / file).is_file()]
    subprocess.run(
        ["tar", "-cf", "copy.tar", "-C", str(ROOT), "--null", "-T", "-"],
        input="\0".join(wanted).encode(), cwd=COPY, check=True,
    )  # fmt: skip
    subprocess.run(["tar", "-xf", "copy.tar"], cwd=COPY, check=True)
    (COPY / "copy.tar").unlink()
    sources = ["bot", "handlers", "jobs", "storage"]
    settings = {
        "source_paths": sources,
        "only_mutate": list(chosen),
        "also_copy": sorted({file.split("/")[0] for file in wanted} - {*sources, "tests", "pyproject.toml"}),
        "pytest_add_cli_args": [*"-p no:cacheprovider -p no:cov -p no:xdist -W ignore -k".split(), QUICK],
        "pytest_add_cli_args_test_selection": sorted({test for path in chosen for test in MODULES[path][1]}),
    }
    written = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    with (COPY / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[tool.mutmut]\n{written}")


def run() -> None:
    """Let mutmut run in the copy, in the background of whatever else the machine does."""
    quiet = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [
        "nice",
        "-n",
        "19",
        sys.executable,
        "-m",
        "mutmut",
        "run",
        "--max-children",
        os.environ.get("WORKERS", "2"),
    ]
    done = subprocess.run(
        command, cwd=COPY, env={**quiet, "CI": "1", "RULES_TEXTS": "300"}, check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"mutmut failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def mutants(path: str) -> list[Mutant]:
    """What became of a module's mutants."""
    meta = json.loads((COPY / "mutants" / f"{path}.meta").read_text(encoding="utf-8"))
    ends = Counter(meta["exit_code_by_key"].values())
    if strange := set(ends) - KILLED - SURVIVED:
        sys.exit(f"{path}: mutants with unknown ends {strange}: run it again")
    return [
        Mutant(name, end in KILLED, ("", "") if end in KILLED else change(name))
        for name, end in meta["exit_code_by_key"].items()
    ]


def change(name: str) -> tuple[str, str]:
    """The first line a mutant took out, and the first it put in."""
    command = [sys.executable, "-m", "mutmut", "show", name]
    shown = subprocess.run(command, cwd=COPY, check=True, capture_output=True, text=True).stdout.splitlines()
    lines = [one for one in shown if one[:1] in "+-" and not one.startswith(("+++", "---"))]
    old, new = (next((one[1:].strip() for one in lines if one[0] == sign), "") for sign in "-+")
    return old, new


def function_of(mutant: Mutant) -> str:
    """The function (or Class.method) a mutant lies in: `jobs.pace.Pace.refused`."""
    module, _, mangled = mutant.name.rpartition("__mutmut_")[0].rpartition(".")
    plain = mangled.removeprefix("x_") if mangled.startswith("x_") else mangled.removeprefix("xǁ").replace("ǁ", ".")
    return f"{module}.{plain}"


def equivalents() -> list[dict[str, str]]:
    """The mutants that change nothing anybody could see."""
    found: list[dict[str, str]] = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["mutant"]
    return found


def page(lines: Sequence[str], minutes: float) -> str:
    """The page."""
    named = "".join(f"| `{one['function']}` | `{one['new']}` | {one['why']} |\n" for one in equivalents())
    return f"""# Mutation testing

A test that can't fail proves nothing. `make mutate` changes masking, gate, approval, access and limits a little at
every place (another comparison, another number, a condition the other way round, an argument left out), one change at
a time, and runs the quick tests of these rules: one of them must fail. It took {minutes:.0f} minutes the last time.
Written by `python -m tests.mutation`; what a run finds is read, and either a test is written or the mutant is named
below.

Changed are the bodies of functions. Tables and patterns outside of them (`MATRIX`, the words of the gate) are changed
by hand-written breaks instead (`tests/sabotage/`), and the matrix is held against a table of its own.

| module | keeps | mutants | noticed | not noticed | equivalent | score |
|---|---|---|---|---|---|---|
{chr(10).join(lines)}

The target is {TARGET:.0f} % of what is not equivalent, in each module.

## Equivalent: nothing anybody could see is different

| in | instead it says | why nobody can see it |
|---|---|---|
{named}"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
