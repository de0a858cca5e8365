"""R15: no ranking of workers, no points, no time online, no check-in; no position but where somebody told of something.

Scans over the tables, the lists, the sentences, the program and the metrics, whoever adds to them later. What may stand
there all the same stands below with its reason; each scan is tried on what it must find.
"""

import ast
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy import text as sql

from bot.metrics import Metrics
from storage import forms, incidents
from storage.tables import METADATA
from tests.bot.channels.test_telegram_reading import message, read
from tests.rules import scanning
from tests.support.stage import Stage, texts

WATCHING = frozenset(
    "score scores scored scoring rank ranks ranked ranking leaderboard point points bonus penalty rating rated grade "
    "graded kpi streak quota productivity efficiency performance evaluation appraisal online offline presence seen "
    "heartbeat idle checkin attendance clockin punctual lateness lat lon lng latitude longitude gps geo coordinates "
    "position positions track tracks tracking trail route whereabouts speed".split()
)
"""Words of a name of a table, a column, a list, a form or a command."""
MAY_STAND = {
    ("table outbox", "rank"): "the order of calls within a lane; no person's",
    (
        "command 签到",
        "签到",
    ): "somebody joins one search of their own will and leaves it when they like; erased a day later",
    ("form search", "seen"): "where a missing person was last seen, asked of the family",
}
SAID = re.compile(
    r"排名|排行|名次|积分|加分|扣分|得分|评分|打分|分数|在线|上线时|离线|时长|打卡|签到|考勤|考核|绩效|末位|倒数第|垫底|榜|先进|落后"
    r"|勤快|懈怠|最快|最慢|接单数|办结数|接单量|办结量|接单率|办结率|达标|平均用时|响应时|工作量|评比|点名批评|表扬|轨迹|实时位置|定位打"
)
"""What no sentence may speak of."""
MAY_SAY: dict[str, str] = dict.fromkeys(
    (
        "sectors.invite",
        "sectors.goes_on_leader",
        "sectors.button.join",
        "sectors.refuse.subscribe",
        "sectors.refuse.join_first",
        "help.签到.usage",
    ),
    "joining one search of one's own will",
)

PERSONS = frozenset(
    "taken_by by_team person_id owner_id author_id actor_id made_by closed_by verified_by worker worker_id officer_id "
    "holder holder_id taker teller_id teller_digest user_digest name_digest".split()
)
"""Columns and names by which a person is told from another."""
ORDERING = frozenset(
    "order_by group_by groupby sorted sort Counter most_common nlargest nsmallest partition_by".split()
)
"""Calls that sort or count."""
MAY_ORDER = {
    "storage/people.py:holders": "whom to tell: the nearest area's first, then as they were registered",
    "storage/people.py:all_holders": "whom to tell, as they were registered",
    "storage/people.py:nearest_holders": "whom to tell, as they were registered",
}

PLACED = {
    "handlers/incidents/actions.py:record": "the place of what is told, sealed with it",
    "handlers/incidents/actions.py:change": "the place stays when its words change",
    "handlers/incidents/actions.py:locate": "the place of what was told, shared afterwards",
    "handlers/incidents/report.py:read_place": "an answer on its way to becoming the report's place",
    "handlers/hazards/report.py:one_tap": "an answer on its way to becoming the report",
    "handlers/hazards/report.py:place": "an answer on its way to becoming the report",
    "handlers/hazards/report.py:finish": "an answer on its way to becoming the report",
    "handlers/incidents/report.py:read_told": "an answer on its way to becoming the report",
    "handlers/help/pending.py:keep": "the place of words that wait for a button, gone with them after half an hour",
    "handlers/searches/answers.py:seen": "where a missing person was last seen",
    "storage/incidents.py:_forget_position": "it goes with the end",
}
"""Where a position is kept: the place of an incident or a search, told by whoever tells of it; nobody's track."""


def watches(name: str) -> bool:
    """Whether a name of the program is one by which workers could be watched."""
    return bool(WATCHING.intersection(scanning.parts(name)) or SAID.search(name))


def test_no_table_list_or_command_watches() -> None:
    found = {(where, name) for where, name in scanning.categories() if watches(name)}
    assert found == set(MAY_STAND), "nothing to watch workers with; a name that means something else gets a reason here"


@pytest.mark.parametrize(
    "name",
    ["last_seen", "score", "workerRanking", "is_online", "points", "latitude", "check_in_gps", "KPI", "积分", "签到"],
)
def test_the_scan_of_names_would_see_it(name: str) -> None:
    assert watches(name)


@pytest.mark.parametrize("name", ["appointed", "latest", "closed_at", "lane", "dispatch", "upgrade", "longest", "sort"])
def test_the_scan_of_names_sees_nothing_else(name: str) -> None:
    assert not watches(name)


def test_what_tables_say_they_hold_is_nothing_to_watch_with() -> None:
    """A column under an innocent name betrays itself where it is explained."""
    said = []
    for one in METADATA.tables.values():
        said += [
            (one.name, one.comment or ""),
            *((f"{one.name}.{each.name}", each.comment or "") for each in one.columns),
        ]
    for path, tree in scanning.sources().items():
        if path.startswith("storage/"):
            kinds = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
            said += [(f"{path}:{node.name}", ast.get_docstring(node) or "") for node in kinds]
    assert len(said) > 100
    assert [where for where, words in said if SAID.search(words) or NAMES_IT.search(words)] == []


NAMES_IT = re.compile(
    r"\b(ranking|leaderboard|points of|score of|time online|check-?in|attendance|productivity)\b", re.I
)


def test_no_sentence_ranks_scores_or_times_anybody() -> None:
    said = scanning.sentences()
    assert len(said) > 500
    assert {key for key, words in said.items() if SAID.search(words)} == set(MAY_SAY)


@pytest.mark.parametrize("words", ["本月接单排名", "{name}：积分 +2", "在线时长 {hours} 小时", "请签到", "办结率 {n}%"])
def test_the_scan_of_sentences_would_see_it(words: str) -> None:
    assert SAID.search(words)


def sorts_people(node: ast.AST) -> bool:
    """Whether something in there sorts or counts by persons."""
    return any(
        PERSONS.intersection(scanning.mentioned(by))
        for name, call in scanning.calls(node)
        if name in ORDERING
        for by in (*call.args, *(one.value for one in call.keywords))
    )


def pieces() -> Iterator[tuple[str, ast.AST]]:
    """Every function, and what files do outside of them."""
    yield from scanning.functions()
    for path, tree in scanning.sources().items():
        if "/versions/" not in path:
            yield from scanning.on_top(path, tree)


def test_nothing_sorts_or_counts_by_worker() -> None:
    found = {where for where, node in pieces() if sorts_people(node)}
    assert found == set(MAY_ORDER), "figures by worker are none of this program's; whom to tell gets a reason here"


@pytest.mark.parametrize(
    "code",
    [
        "select(Incident.taken_by, func.count()).group_by(Incident.taken_by)",
        "sorted(rows, key=lambda row: row.taken_by)",
        "Counter(one.taken_by for one in found).most_common(3)",
        "query.order_by(func.count(AuditEntry.actor_id).desc())",
    ],
)
def test_the_scan_of_the_program_would_see_it(code: str) -> None:
    assert sorts_people(ast.parse(code))


@pytest.mark.parametrize("code", ["query.order_by(Incident.id)", "sorted(areas, key=lambda area: area.path)"])
def test_the_scan_of_the_program_sees_nothing_else(code: str) -> None:
    assert not sorts_people(ast.parse(code))


def test_metrics_tell_nobody_from_another() -> None:
    """Nor one grid from another: one grid is one worker."""
    labels = {label for family in Metrics().registry.collect() for sample in family.samples for label in sample.labels}
    known = set(re.findall(r'"([a-z_]+)"', ast.unparse(scanning.sources()["bot/metrics.py"])))
    assert not labels & {"person", "worker", "area", "grid", "chat", "group", "officer", "user"}
    assert not {"person", "worker", "area", "grid", "officer", "user"} & known


def keeps_position(node: ast.AST) -> bool:
    """Whether a function puts a position under a name into what is kept."""
    dicts = [one for one in ast.walk(node) if isinstance(one, ast.Dict)]
    return any(isinstance(key, ast.Constant) and key.value == "location" for one in dicts for key in one.keys)


def test_a_position_is_kept_only_as_the_place_of_what_is_told() -> None:
    found = {
        where
        for where, node in scanning.functions()
        if keeps_position(node) and where.startswith(("storage/", "handlers/", "jobs/"))
    }
    assert found == set(PLACED)


def test_a_position_sent_without_a_word_is_forgotten(stage: Stage) -> None:
    before = sizes(stage)
    shown = texts(stage.say("网格员甲", location=(34.76543, 113.65432)))
    assert shown == [stage.world.words.sentences["help.place"]]
    assert {table: n for table, n in sizes(stage).items() if n != before[table]}.keys() <= {
        "inbox", "outbox", "contents", "copies", "leases", "data_keys",
    }  # fmt: skip
    assert kept_in_plain(stage, b"34.76543") == []


def test_a_position_behind_words_nobody_chose_for_goes_with_them(stage: Stage) -> None:
    stage.say("网格员甲", "路灯坏了")
    stage.say("网格员甲", location=(34.76543, 113.65432))
    assert kept_in_plain(stage, b"34.76543") == []
    with stage.world.db.read() as session:
        waiting = session.scalars(select(forms.OpenForm).where(forms.OpenForm.state == forms.FormState.PARKED)).one()
        assert forms.answers_of(session, waiting)["location"] == [34.76543, 113.65432]
    stage.later(minutes=31)
    with stage.world.db.read() as session:
        assert forms.answers_of(session, session.get_one(forms.OpenForm, waiting.id)) == {}


def test_a_position_told_is_sealed_with_its_incident(stage: Stage) -> None:
    stage.say("网格员甲", "隐患 路灯坏了", location=(34.76543, 113.65432))
    assert kept_in_plain(stage, b"34.76543") == []


@pytest.mark.parametrize("end", ["办结 隐1 修好了", "撤销 隐1", "办结 隐2 修好了"])
def test_a_position_goes_with_the_end_of_what_was_told(stage: Stage, end: str) -> None:
    stage.say("网格员甲", "隐患 大侯村路灯坏了", location=(34.76543, 113.65432))
    assert position(stage) == [34.76543, 113.65432]
    if end.startswith("办结 隐2"):
        stage.say("网格员甲", "隐患 大侯村桥头护栏断了")
        stage.say("网格员甲", "合并 隐1 隐2")
        assert position(stage) is not None, "whoever takes the other one still needs it"
    stage.say("网格员甲", end)
    assert position(stage) is None


def position(stage: Stage) -> object:
    """The position kept with 隐1."""
    with stage.world.db.read() as session:
        incident = incidents.numbered(session, incidents.IncidentKind.HAZARD, 1)
        assert incident is not None
        return incidents.private_of(session, incident)["location"]


def sizes(stage: Stage) -> dict[str, int]:
    """How many rows each table has."""
    with stage.world.db.read() as session:
        return {
            name: session.execute(sql(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608 - our own tables
            for name in METADATA.tables
        }


def kept_in_plain(stage: Stage, words: bytes) -> list[str]:
    """Tables in which these bytes stand."""
    found = []
    with stage.world.db.read() as session:
        for name, table in METADATA.tables.items():
            for row in session.execute(table.select()):
                if any(words in (one if isinstance(one, bytes) else str(one).encode()) for one in row):
                    found.append(name)
    return found


def test_a_moving_position_is_not_followed() -> None:
    """Telegram tells of a position shared live by edits: none is even read, neither with words nor without."""
    place = {"location": {"latitude": 34.76543, "longitude": 113.65432, "live_period": 600}}
    assert read(message=message(None, location=place["location"])) is not None
    assert read(edited_message=message(None, location=place["location"])) is None
