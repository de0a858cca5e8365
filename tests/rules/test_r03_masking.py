"""R3: no number of a person, plate, door or home coordinate reaches a group; what everybody needs stays.

The long form: RULES_TEXTS=100000 (about a minute).
"""

import ast
import os
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from handlers.reading.identifiers import MASKS, find, mask
from tests.support import secret_texts
from tests.support.secret_texts import KINDS, WRITERS, check_sign, leaks, readable, samples

TEXTS = int(os.environ.get("RULES_TEXTS", "3000"))
SUPPORT = Path(secret_texts.__file__).parent
DATA = Path(__file__).parent / "data"
HARMLESS = [
    line
    for line in (DATA / "harmless_numbers.txt").read_text(encoding="utf-8").split("\n")
    if line and not line.startswith("#")
]
MOST_FALSE = 0.005


def test_the_generator_knows_nothing_of_the_program() -> None:
    roots = set()
    for name in ("secret_texts.py", "secret_words.py"):
        for node in ast.walk(ast.parse((SUPPORT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                roots |= {one.name for one in node.names}
            if isinstance(node, ast.ImportFrom):
                roots.add(node.module or "")
    allowed = {"random", "re", "unicodedata", "collections.abc", "dataclasses", "functools"}
    assert roots <= allowed | {"tests.support.secret_words"}


def test_no_secret_can_be_read() -> None:
    found = []
    for sample in samples(TEXTS, seed=2026):
        spans = find(sample.text)
        for public in (True, False):
            shown = mask(sample.text, doors=public)
            read = leaks(shown, sample, public=public)
            if read:
                found.append((sample.kind, sample.form, sample.text, shown, read))
        assert all(left.span[1] <= right.span[0] for left, right in pairwise(spans))
    assert not found, (len(found), found[:5])


def test_the_detector_reads_every_secret_that_is_not_masked() -> None:
    unseen = [one for one in samples(2000, seed=5) if not leaks(one.text, one, public=True)]
    assert not unseen


def test_a_part_of_a_number_is_a_leak() -> None:
    sample = secret_texts.Sample("电话13812345678", "phone", "plain", ("13812345678",))
    assert leaks("电话138〔电话〕45678", sample, public=True)
    assert leaks("电话一 三 八 一 二", sample, public=False)
    assert not leaks("电话〔电话〕5678", sample, public=True)


def test_a_house_is_for_the_team_only() -> None:
    sample = next(one for one in samples(100, seed=3) if one.kind == "house")
    assert leaks(sample.text, sample, public=True)
    assert not leaks(sample.text, sample, public=False)
    assert mask(sample.text, doors=False) == sample.text


def test_every_kind_and_form_comes_up() -> None:
    kinds: Counter[str] = Counter()
    forms: Counter[str] = Counter()
    for sample in samples(3000, seed=1):
        kinds[sample.kind] += 1
        forms[sample.form.removeprefix("old ").removesuffix(" X")] += 1
    assert set(WRITERS) <= set(forms)
    assert set(secret_texts.ROOMS) | set(secret_texts.HOUSES) | set(secret_texts.PLACES) <= set(forms)
    assert len(kinds) >= len(KINDS) - 1
    assert min(kinds.values()) >= 100


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("１３８ 一二三", "138123"),
        ("幺三八-洞洞", "13800"),
        ("一百三十八", "138"),
        ("二十号", "20号"),
        ("1\ufe0f\u20e33\u200b8", "138"),
        ("晋e·12", "晋E12"),
        ("1〔电话〕2", "1|2"),
        ("⑴③❺", "13"),
    ],
)
def test_a_stubborn_reader(typed: str, read: str) -> None:
    assert readable(typed).replace("❺", "") == read


def test_check_signs_are_right() -> None:
    assert check_sign("11010519491231002") == "X"


def test_few_false_alarms() -> None:
    changed = [(line, mask(line)) for line in HARMLESS if mask(line) != line]
    assert len(changed) <= MOST_FALSE * len(HARMLESS), changed


def test_the_harmless_lines_are_many_and_unlike() -> None:
    frames = {
        "".join("N" if one in "0123456789零一二两三四五六七八九十百千" else one for one in line) for line in HARMLESS
    }
    assert len(set(HARMLESS)) == len(HARMLESS) >= 2000
    assert len(frames) >= 200


OFFICIAL = ("110", "119", "120", "122", "96110", "12345", "12389", "12110")
KEPT = [
    *(f"有事请打{line}，随时有人" for line in OFFICIAL),
    *(f"{one} {other}" for one in OFFICIAL for other in OFFICIAL if one != other),
    "报12 隐3 求4 线5 寻6 反7 预8 协9 提10",
    "值班室0356-2223110，夜间也可以打",
    "值班室（0356）2223110",
    "值班室０３５６ ２２２３１１０",
    "2026年11月22日 08:05:30",
    "78岁，身高165，走失3小时",
    "被骗120000元，追回3.5万元",
    "案号A1405250000202611001",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_everybody_needs_stays(text: str) -> None:
    for public in (True, False):
        assert mask(text, ["0356-2223110"], doors=public) == text


def _taken(text: str) -> float:
    """The least of two times, in seconds of this process alone, that masking takes."""
    times = []
    for _ in range(2):
        started = time.process_time()
        mask(text)
        times.append(time.process_time() - started)
    return min(times)


NASTY = (
    "1",
    "13 ",
    "一",
    "一百",
    "晋E1 ",
    "3号楼",
    "大侯村1号",
    "2单元",
    "1-2-",
    "36.1234 ",
    "°1'",
    "\u200b1",
    "138，",
)


@pytest.mark.parametrize("piece", NASTY)
def test_the_work_grows_with_the_length_alone(piece: str) -> None:
    assert _taken((piece * 16_000)[:16_000]) < 4 * 2.5 * _taken((piece * 4_000)[:4_000]) + 0.05


def test_a_hundred_kilobytes_of_all_of_it() -> None:
    text = "".join(NASTY) * 50
    assert _taken(text * (100_000 // len(text))) < 8 * 2.5 * _taken(text * (12_500 // len(text))) + 0.05


def test_masks_stay_as_they_are() -> None:
    for shown in MASKS.values():
        assert mask(f"请看{shown}。") == f"请看{shown}。"
