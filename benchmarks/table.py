"""What a measure yields, and the table it is shown in."""

import json
import operator
import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
_COMPARE: dict[str, Callable[[float, float], bool]] = {"≤": operator.le, "≥": operator.ge, "=": operator.eq}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `name` is what was measured and by whom; `median` and `worst` are in `unit`, None where nothing could be
    measured, which `note` then explains. `target` and `worst_target` are “≤1.04”, “≥400” or “=0”; empty for what is
    only reported, such as a rival.
    """

    name: str
    median: float | None
    worst: float | None = None
    unit: str = ""
    target: str = ""
    worst_target: str = ""
    rival: str = ""
    runs: int = 1
    note: str = ""

    def __post_init__(self) -> None:
        for target in (self.target, self.worst_target):
            if target:
                _bound(target)

    @property
    def verdict(self) -> str:
        """“reached”, “missed”, “not run”, or nothing where no target is set."""
        if self.median is None:
            return "not run"
        asked = [(self.target, self.median), (self.worst_target, self.worst)]
        met = [_meets(value, target) for target, value in asked if target]
        return ("reached" if all(met) else "missed") if met else ""

    def line(self) -> str:
        """The row as a line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of_line(cls, line: str) -> Self:
        """The row a line of JSON tells; raises TypeError for unknown fields, ValueError for what is no JSON."""
        return cls(**json.loads(line))


def over(
    name: str, values: Sequence[float], unit: str = "", *, target: str = "", worst_target: str = "", **more: str
) -> Row:
    """A row of several runs; the worst is the highest, or the lowest where a target asks for much."""
    worst = min(values) if (target or worst_target).startswith("≥") else max(values)
    return Row(
        name,
        statistics.median(values),
        worst,
        unit,
        target,
        worst_target,
        runs=len(values),
        rival=more.get("rival", ""),
        note=more.get("note", ""),
    )


def not_run(name: str, why: str) -> Row:
    """A row that says loudly what could not be measured; the page goes to others, so no path of this machine."""
    said = re.sub(r"/[\w.-]+/[^ ']+", "…", why)
    return Row(name, None, runs=0, note=f"**not run**: {said}")


def _bound(target: str) -> tuple[Callable[[float, float], bool], float]:
    found = re.fullmatch(r"([≤≥=])\s*([\d.]+)", target)
    if found is None:
        raise ValueError(f"not a target: {target}")
    return _COMPARE[found[1]], float(found[2])


def _meets(value: float | None, target: str) -> bool:
    compare, bound = _bound(target)
    # A figure is judged as it is printed.
    return value is not None and compare(float(_number(value).replace(",", "")), bound)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}"


def markdown(sections: Iterable[tuple[str, Sequence[Row]]]) -> str:
    """The tables of all measures, one after the other."""
    out = []
    for title, rows in sections:
        out += [f"### {title}", "", "| what | median | worst | unit | to reach | verdict | runs | |"]
        out.append("|---|---:|---:|---|---|---|---:|---|")
        for row in rows:
            asked = ", ".join(filter(None, [row.target, row.worst_target and f"worst {row.worst_target}"]))
            verdict = f"**{row.verdict}**" if row.verdict in ("missed", "not run") else row.verdict
            told = "; ".join(filter(None, [row.note, row.rival and f"rival: {row.rival}"]))
            cells = [row.name, _number(row.median), _number(row.worst), row.unit, asked, verdict, str(row.runs), told]
            out.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        out.append("")
    return "\n".join(out)


def put_between(page: Path, text: str) -> None:
    """Replace what stands between the markers of a page; raises ValueError where they are missing."""
    head, found, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, ended, tail = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"{page} has no markers")
    page.write_text(f"{head}{BEGIN}\n\n{text.strip()}\n\n{END}{tail}", encoding="utf-8")
