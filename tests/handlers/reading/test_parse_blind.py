"""Times and places on lines written by somebody who had seen neither grammar; see docs/decisions/reading.md."""

from datetime import datetime

import pytest

from handlers.reading.places import Gazetteer
from handlers.reading.when import read_when
from tests.support import phrases

AREAS = Gazetteer(
    [(number, name, [], None) for number, name in enumerate("水头村 大侯村 东岭村 石窑村 阳光社区 幸福社区".split(), 1)]
)
WORKDAYS = list("一二三四五")
REPEATS: dict[str, dict[str, object]] = {
    "每天 21:30": {"every": "day", "at": "21:30"},
    "每周二、周四 15:00": {"every": "week", "weekdays": ["二", "四"], "at": "15:00"},
    "每月15日 10:00": {"every": "month", "days": [15], "at": "10:00"},
    "每周一至周五 08:00": {"every": "workday", "at": "08:00"},
    "每周六、周日 09:00": {"every": "week", "weekdays": ["六", "日"], "at": "09:00"},
    "每隔2天": {"every": "day", "interval": 3},
    "每天 12:00": {"every": "day", "at": "12:00"},
    "每周日 20:00": {"every": "week", "weekdays": ["日"], "at": "20:00"},
    "每月最后一天": {"every": "month", "days": [-1]},
    "每天 07:00 和 19:00": {"every": "hour", "interval": 12, "at": "07:00"},
    "每周一至周五 18:00": {"every": "week", "weekdays": WORKDAYS, "at": "18:00"},
    "每两周 周三 09:00": {"every": "week", "interval": 2, "weekdays": ["三"], "at": "09:00"},
    "每季度末": {"every": "month", "interval": 3, "days": [-1]},
    "每周一、周三、周五 07:00": {"every": "week", "weekdays": ["一", "三", "五"], "at": "07:00"},
}
ROWS = phrases.rows("parse_blind2.tsv")


def test_the_set_is_whole() -> None:
    assert len(ROWS) == 127


@pytest.mark.parametrize("row", ROWS, ids=[row["text"] for row in ROWS])
def test_the_time_of_a_line_is_read(row: dict[str, str]) -> None:
    found = read_when(row["text"], datetime.fromisoformat(row["now"]))
    wanted = row["when"]
    if wanted in REPEATS:
        assert found is not None
        assert found.as_json() == {"repeat": REPEATS[wanted]}
    else:
        assert (found.as_json() if found else None) == (None if wanted == "none" else wanted)


@pytest.mark.parametrize("row", ROWS, ids=[row["text"] for row in ROWS])
def test_the_place_of_a_line_is_read(row: dict[str, str]) -> None:
    found = AREAS.find(row["text"])
    wanted = tuple(row["place"].split("|"))
    read = found.place_text if found else None
    assert (read or "none").startswith(wanted), read
