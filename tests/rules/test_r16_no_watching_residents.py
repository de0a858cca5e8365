"""R16: no scores or lists of residents, no face matching, no search for a person across cases, no automated decision.

What is kept of a person is a closed list of columns; who may look somebody up is a closed list of functions; what the
program does by itself is a closed list of effects on records. Each scan is tried on what it must find.
"""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sqlalchemy import select

from handlers.dialogue.access import MATRIX
from storage.bulletins import Approval, Bulletin, BulletinState
from storage.people import Person, RoleGrant
from storage.searches import Search, SearchState
from storage.tables import METADATA
from tests.handlers.dialogue.test_matrix_said import answered
from tests.rules import scanning
from tests.rules.test_r04_access import mighty, rows
from tests.support.stage import Stage, make_stage

ROOT = scanning.ROOT

OF_A_PERSON = {
    "people": "id key_id name_sealed name_digest phone_sealed phone_digest household_digest title notice_version "
    "messages_agreed created_at",
    "role_grants": "id person_id role area_id granted_at",
    "identities": "id person_id account user_digest created_at",
}
"""Everything that is kept of a person, written out: whoever adds a column says here what it is, and what for."""
POPULATION = re.compile(
    r"重点人|人口库|人员库|人员名单|住户名单|居民名单|居民档案|一人一档|标签|画像|评分|信用|风险等级|红名单|黑名单|灰名单|人脸|刷脸|比对|轨迹|同住人|户籍地"
)
LATIN = frozenset(
    "face faces facial embedding descriptor biometric biometrics fingerprint score scores risk profile profiles "
    "profiling blacklist whitelist watchlist watch suspicion reputation trust credit dossier label labels tag tags "
    "persona gender sex birthday birth idcard income occupation marital kinship relatives".split()
)
MAY_STAND: dict[tuple[str, str], str] = {
    ("handlers.searches.rules.Lack", "risk"): "a notice needs somebody at risk: of one search, said by an officer",
}

FACES = frozenset(
    "face-recognition face-recognition-models dlib insightface deepface facenet-pytorch mtcnn retinaface retina-face "
    "opencv-python opencv-python-headless opencv-contrib-python mediapipe onnxruntime torch torchvision tensorflow "
    "tf-keras keras compreface-sdk facexlib face-alignment openface arcface ultralytics yunet imagehash".split()
)
"""Libraries by which faces are found or matched, or pictures told alike."""

LOOK_UPS = {
    ("people", "named"): {
        "handlers/membership/import_chats.py:_problems": "the station's own list of groups names their keepers",
        "bot/play.py:let_in": "made-up people of a playground",
    },
    ("people", "all_named"): {
        "handlers/incidents/assign.py:assign": "a colleague by name, to hand over one incident named by its code",
        "handlers/wishes/actions.py:hand_on": "a helper by name, to hand on one wish named by its code",
        "handlers/disputes/actions.py:refer": "a colleague by name, to hand over one dispute named by its code",
        "handlers/meetings/actions.py:hand_over": "a colleague by name, to hand over one task named by its code",
        "handlers/membership/import_people.py:_known": "the station's own list of its people",
        "handlers/membership/revoking.py:found": "an admin takes a colleague's roles away; a resident is not found",
    },
    ("people", "behind"): {"bot/play.py:known": "made-up people of a playground"},
    ("people", "known_behind"): {
        "handlers/dialogue/scene.py:look": "who speaks",
        "handlers/dialogue/scene.py:enter": "who speaks",
    },
    ("incidents", "told_by"): {
        "storage/leaving.py:told_by": "what somebody who leaves told is cut from them",
        "handlers/dialogue/nearby.py:_incidents": "one's own",
        "handlers/dialogue/newest.py:_told": "one's own",
        "handlers/incidents/records.py:_latest": "one's own",
        "handlers/incidents/progress.py:_own": "one's own",
        "handlers/incidents/add.py:_latest": "one's own",
        "handlers/incidents/shared_place.py:_newest": "one's own",
        "handlers/membership/my_data.py:_records": "one's own",
    },
    ("searches", "told_by"): {
        "storage/leaving.py:told_by": "what somebody who leaves told is cut from them",
        "handlers/dialogue/nearby.py:_searches": "one's own",
        "handlers/dialogue/newest.py:_told": "one's own",
        "handlers/incidents/shared_place.py:_newest": "one's own",
        "handlers/membership/my_data.py:_records": "one's own",
    },
}
"""Who may find a person, or what somebody told; nobody else may look anybody up."""
BY_DIGEST = {
    "storage/people.py": "accounts and colleagues by name; phones and households are looked up by nobody",
    "storage/incidents.py": "one's own",
    "storage/searches.py": "one's own",
    "storage/cases.py": "one's own",
}

EFFECTS = {
    "audit": "the chain: its end is handed out once a day",
    "bulletins": "notices: a send that is due begins, an end that has come closes, an unanswered draft lapses",
    "disclosures": "requests to open an identity: an unanswered one lapses",
    "callbacks": "questions: who told of a record is asked whether they are satisfied",
    "deadlines": "incidents and guided talks: an untaken report is shown to more of the team, a question lapses",
    "disputes": "disputes: their handlers are asked how it goes",
    "returns": "things found again: who verifies or arranges is reminded, and both before they meet",
    "doubts": "calls: officers are asked about those of unknown end",
    "floods": "messages: what came too fast is answered once",
    "forwarding": "people's hands: who was asked to pass something on is reminded",
    "hazards": "hazards: whoever mends one is reminded of its day, and the officer once it has passed",
    "sectors": "searchers who joined: the situation is told, who is not back is asked for, who was where is erased",
    "cars": "car doors found open: where an officer does not call, the next one is asked, in the end the finder hears",
    "patrols": "patrols: those on them are reminded, one nobody ends is over, who was on it is forgotten",
    "shifts": "shift plans: planners hear what is open, shifts that are over are counted, who took them is forgotten",
    "volunteers": "offers to help: an unanswered one is shown to the desk and lapses, a year's is asked for anew",
    "holds": "holds: whoever placed one is asked whether it is still needed, one whose time is over ends",
    "meetings": "money warnings: whoever has one in hand, and who leads there, is told that it is late",
    "objections": "notices objected to: a suspect's is recalled where no officer answers in time",
    "library": "the library: its next item goes out at its moment, what nobody approved goes",
    "households": "alarms of ten households: the officer hears who has not answered; one nobody clears ends",
    "intelligence": "tips: whoever owes the answer to one is reminded",
    "ladders": "disputes: one that is not settled in time is shown to the next level of the area tree",
    "publishing": "deliveries: chunks are queued, sums told",
    "reminders": "reminders ring",
    "retention": "everything: what has come to its end is erased",
    "searches": "searches: officers are reminded, a notice whose time is over is closed",
    "supervisions": "letters: the officer a record is asked of is reminded",
    "talks": "evening talks: all are reminded, one without a yes lapses, notes are asked for, and it closes",
    "visits": "rounds of visits: workers are reminded of their own doors, a round ends, its receipts are erased",
    "weekly": "the desk hears the week's figures of whole towns",
    "watch": "the program itself: admins hear of trouble",
    "wishes": "wishes: one nobody claims is told to the worker, then to the desk; a silent helper is asked",
}
"""What happens by itself, and to what: records and messages. Nobody is judged, granted or refused anything."""


def watches(name: str) -> bool:
    """Whether a name of the program is one by which residents could be sorted."""
    return bool(LATIN.intersection(scanning.parts(name)) or POPULATION.search(name))


@pytest.mark.parametrize("table", sorted(OF_A_PERSON))
def test_what_is_kept_of_a_person_is_a_closed_list(table: str) -> None:
    assert {column.name for column in METADATA.tables[table].columns} == set(OF_A_PERSON[table].split())


def test_no_list_column_or_command_sorts_residents() -> None:
    found = {(where, name.lower()) for where, name in scanning.categories() if watches(name)}
    assert found == set(MAY_STAND)


@pytest.mark.parametrize("name", ["face_embedding", "riskLevel", "resident_score", "blacklist", "黑名单", "人员标签"])
def test_the_scan_of_names_would_see_it(name: str) -> None:
    assert watches(name)


def test_no_sentence_speaks_of_it() -> None:
    assert {key for key, words in scanning.sentences().items() if POPULATION.search(words)} == set()


def packages() -> set[str]:
    """Everything the program and its tests stand on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(one for some in project["optional-dependencies"].values() for one in some)]
    names = {Requirement(one).name for one in asked}
    for lock in ROOT.glob("requirements*.lock"):
        names |= set(re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", lock.read_text(encoding="utf-8")))
    return {str(canonicalize_name(one)) for one in names}


def test_nothing_that_matches_faces_is_installed() -> None:
    found = packages()
    assert "pillow" in found
    assert found & FACES == set()


def test_nothing_that_matches_faces_is_imported() -> None:
    roots = {one.replace("-", "_") for one in FACES} | {"cv2", "face_recognition", "skimage", "sklearn"}
    imported = {name.partition(".")[0] for tree in scanning.sources().values() for name in imports(tree)}
    assert "PIL" in imported
    assert imported & roots == set()


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def callers(room: str, name: str) -> set[str]:
    """The functions that call `room.name`."""
    found = set()
    for where, function in scanning.functions():
        for called, call in scanning.calls(function):
            whose = call.func.value if isinstance(call.func, ast.Attribute) else None
            if called == name and isinstance(whose, ast.Name) and whose.id == room:
                found.add(where)
    return found


@pytest.mark.parametrize("look_up", sorted(LOOK_UPS), ids=".".join)
def test_who_looks_somebody_up_is_a_closed_list(look_up: tuple[str, str]) -> None:
    assert callers(*look_up) == set(LOOK_UPS[look_up])


def test_digests_of_persons_are_compared_in_four_rooms_only() -> None:
    """A look-up that goes round the functions above would compare a digest itself."""
    digests = {"name_digest", "phone_digest", "household_digest", "teller_digest", "user_digest"}
    found = set()
    for path, tree in scanning.sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and digests.intersection(attributes(node)) and asks_the_database(node):
                found.add(path)
    assert found == set(BY_DIGEST)


def asks_the_database(node: ast.Compare) -> bool:
    """Whether a comparison is of a table's column: `Person.name_digest == …`, not of a row at hand.

    `kind` is a table, too: what cases of every kind share goes by that name.
    """
    return any(
        isinstance(one, ast.Attribute)
        and isinstance(one.value, ast.Name)
        and (one.value.id[:1].isupper() or one.value.id == "kind")
        for one in ast.walk(node)
    )


def attributes(node: ast.AST) -> set[str]:
    """The attributes in an expression."""
    return {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def test_nobody_looks_up_a_phone_or_a_household() -> None:
    asked = {
        name
        for tree in scanning.sources().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and asks_the_database(node)
        for name in attributes(node)
    }
    assert "name_digest" in asked
    assert not {"phone_digest", "household_digest"} & asked


NAMES = ("王翠萍", "钱不在")
NUMBERS = ("13912345678 豫A12345 410122194803071221", "13987654321 豫B54321 410122195011230027")
DRAWN = re.compile(r"[A-Z0-9]{4}-[A-Z0-9]{4}|[0-9]{4}( [0-9]{4}){3}|[a-f0-9]{6,}")


@pytest.mark.parametrize("asked", [NAMES, NUMBERS], ids=["name", "numbers"])
def test_no_command_finds_a_person_across_cases(both: tuple[Stage, Stage], asked: tuple[str, str]) -> None:
    """Whoever holds every role asks for somebody who stands in three records, and for somebody who stands in none."""
    for stage in both:
        told(stage)
    names = [mighty(stage, "望河县") for stage in both]
    for word in MATRIX:
        known, unknown = (
            neutral(answered(stage, name, f"/{word} {one}"), one)
            for stage, name, one in zip(both, names, asked, strict=True)
        )
        assert known == unknown, f"{word} tells who is known"


def told(stage: Stage) -> None:
    """Records that name somebody."""
    stage.say("居民甲", "寻人 我奶奶王翠萍，78岁，今天早上8点从大侯村走失，穿蓝棉袄，白头发")
    for words in ("老年痴呆", "没有照片", "同意发布", "隐患 村口豫A12345挡路，找王翠萍 13912345678"):
        stage.say("居民甲", words)
    stage.say("居民乙", "线索 王翠萍 410122194803071221 开豫A12345，电话13912345678，昨晚在农机库撬锁")


def neutral(said: str, asked: str) -> str:
    """What was said, without what was asked for (or its digits) and without codes drawn by chance."""
    for part in sorted({*asked.split(), *re.findall(r"[0-9]+", asked)}, key=len, reverse=True):
        said = said.replace(part, "…")
    return DRAWN.sub("", said)


@pytest.fixture
def both(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Stage]]:
    """Two worlds alike."""
    for other in make_stage(tmp_path_factory.mktemp("other")):
        yield stage, other


def test_what_happens_by_itself_is_a_closed_list() -> None:
    found = {name.rpartition(".")[2] for name in scanning.modules() if name.startswith("jobs.")}
    ticking = {name for name in found if "TICK" in ast.unparse(scanning.sources()[f"jobs/{name}.py"])}
    assert ticking - {"clock"} == set(EFFECTS)


def test_time_alone_decides_nothing_about_anybody(stage: Stage) -> None:
    """A month goes by over a busy county in which nobody lifts a hand: nobody's roles, accounts or words change,
    nothing is approved, nobody becomes public."""
    before = of_persons(stage)
    told(stage)
    stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    stage.say("民警甲", "发送 反1")
    for words in ("协查", "柳公立字〔2026〕123号", "昨天下午3点", "大侯村村口", "黑色外套、骑红色电动车", "成年",
                  "不知道", "本村", "48小时", "发送 协1"):  # fmt: skip
        stage.say("民警甲", words)
    for span in ({"minutes": 40}, {"hours": 5}, {"days": 1}, {"days": 3}, {"days": 26}):
        stage.later(**span)
        assert of_persons(stage) == before
    with stage.world.db.read() as session:
        assert session.scalars(select(Approval)).all() == []
        states = set(session.scalars(select(Bulletin.state)))
        assert states <= {BulletinState.LAPSED, BulletinState.WAITING, BulletinState.DRAFT}
        assert SearchState.PUBLISHED not in set(session.scalars(select(Search.state)))


def of_persons(stage: Stage) -> list[object]:
    """Everything that is kept of persons and their roles."""
    tables = {Person.__tablename__, RoleGrant.__tablename__, "identities", "approvals"}
    return sorted(
        ((key, sorted(row.items(), key=str)) for key, row in rows(stage).items() if key[0] in tables), key=str
    )


def test_roles_are_given_by_people_only() -> None:
    """Whoever gives or takes a role stands behind a command that has a row, or keeps the station's own list."""
    assert callers("people", "grant") == {
        "handlers/dialogue/scene.py:enter",
        "handlers/membership/actions.py:join",
        "handlers/membership/import_people.py:_import_one",
        "handlers/volunteers/actions.py:_enrol",
    }
