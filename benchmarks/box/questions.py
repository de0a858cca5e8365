"""What is asked of the county: every command there is, said by somebody who may, about records there are.

The records are those of the last seven days, so that a county a year old is asked about as many as one of a week: what
differs is what lies behind them, not how many warnings are taken back at once.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.box import people
from benchmarks.box.answering import Question
from benchmarks.box.county import Box
from handlers.dialogue import access
from storage import areas
from storage.bulletins import Bulletin
from storage.chats import ChatKind
from storage.disputes import Dispute
from storage.incidents import Incident
from storage.people import Role
from storage.searches import Search
from storage.wishes import Wish

INCIDENT: Final = tuple("进度 补充 撤销 接单 转派 办结 合并 重开 平息 保留 解除保留".split())
HAZARD: Final = tuple("限期 复查".split())
TIP: Final = tuple("问线索 查身份 研判 单列 查实 查否 无法核 答复".split())
WISH: Final = tuple("认领".split())
DISPUTE: Final = tuple(
    "当场 跟踪 警务室 转办 接手 调解方式 约谈 调解记 达成 终止 升级 暂停计时 恢复计时 督办 解除督办 回访".split()
)
SEARCH: Final = tuple(
    "核实 复核 扩圈 找到 线索汇总 不属实 查看 异议 分片 签到 领片 搜完 已返回 收队 情况通报 召集".split()
)
BULLETIN: Final = tuple(
    "发送 改时间 改范围 作废 更正 批准 驳回 夜间发送 异议成立 异议不成立 "
    "问异议 撤回 暂停 继续 停发 发送情况 补发".split()
)
WORDS: Final[Mapping[str, str]] = {
    "上报": "上报 {grid}{n}号楼路灯坏了",
    "隐患": "隐患 {grid}{n}号楼楼道堆满杂物",
    "求助": "求助 {grid}{n}号楼电梯困人",
    "线索": "线索 {grid}{n}号楼半夜有人卸货",
    "代报": "代报 王大爷家门口台阶碎了，{grid}",
    "纠纷": "纠纷 张大和李二因为院墙吵起来，{grid}",
    "提醒": "提醒 {n}小时后 走访{n}号楼",
    "订阅": "订阅 {community}",
    "反诈": "反诈 冒充客服退款的是骗子，不要转账{n}",
    "预警": "预警 今晚有大雨，低洼处的住户请当心{n}",
    "九小": "九小 {grid}{n}号小餐馆灭火器过期",
    "心愿": "心愿 厨房的灯坏了，想请人换一个，{grid}{n}号楼",
    "诉求": "诉求 {grid}没有路灯，晚上看不见路",
    "谁负责": "谁负责 {grid}",
    "问骗": "问骗 您的账户涉嫌洗钱，请把钱转到安全账户",
    "见面": "见面 {grid}王大爷，正要给骗子转{n}万",
    "走访": "走访 防汛 {grid} 3天内",
    "夜话": "夜话 明晚7点 {grid}老槐树下",
    "巡逻": "巡逻 今晚8点 {grid} 村口集合",
    "车门": "车门 晋E123{n} {grid}",
    "志愿": "志愿 {community} 周末晚上",
    "排班": "排班 {grid} 22点到6点 2人",
    "十户": "十户 有人砸门",
    "返赃": "返赃 一辆蓝色电动车",
    "入库": "入库 反诈 冒充客服退款要您共享屏幕的，都是骗子{n}",
    "周报录入": "周报录入 警情 8{n} 来源 县局110台账",
}
"""What is said where the word alone would only be asked back."""
RECENT: Final = timedelta(days=7)


def questions(
    box: Box, rounds: int, dice: random.Random, more: Mapping[str, int] = MappingProxyType({})
) -> list[Question]:
    """Every command of the access table so many times, some so many times more, in an order drawn by chance."""
    with box.world.db.read() as session:
        records = _records(session, box.world.now() - RECENT)
        places = _places(session, box)
    every = [one for word in access.MATRIX for one in _of(box, word, rounds + more.get(word, 0), records, places, dice)]
    dice.shuffle(every)
    return every


def _records(session: Session, since: datetime) -> dict[str, list[tuple[str, int]]]:
    """(code, area) of the records of each kind since then."""

    def recent(kind: Any, letter: str = "") -> list[tuple[str, int]]:  # noqa: ANN401 - tables alike in these columns
        query = select(kind).where(kind.created_at >= since).order_by(kind.id)
        rows = session.scalars(query.where(kind.kind == letter) if letter else query)
        return [(row.code, row.area_id) for row in rows]

    rows = {DISPUTE: recent(Dispute), SEARCH: recent(Search), BULLETIN: recent(Bulletin), INCIDENT: recent(Incident)}
    rows |= {HAZARD: recent(Incident, "隐"), TIP: recent(Incident, "线"), WISH: recent(Wish)}
    return {word: found for words, found in rows.items() for word in words}


def _places(session: Session, box: Box) -> dict[int, int]:
    """Area → the number of a grid in it."""
    ids = {area.name: area.id for area in areas.all_of(session)}
    grids = {ids[grid]: number for number, (grid, _) in enumerate(box.town.grids)}
    return grids | {ids[name]: number for number, name in enumerate(box.town.communities)}


def _of(
    box: Box,
    word: str,
    rounds: int,
    records: Mapping[str, Sequence[tuple[str, int]]],
    places: Mapping[int, int],
    dice: random.Random,
) -> Iterator[Question]:
    for _ in range(rounds):
        grid, text = dice.randrange(people.GRIDS), WORDS.get(word, word)
        if records.get(word):
            code, area = dice.choice(records[word])
            grid, text = places.get(area, grid), f"{word} {code} 已经看过了"
        name, community = box.town.grids[grid]
        text = text.format(grid=name, community=community, n=dice.randint(1, 40))
        yield word, _who(word, grid, dice), text, None


def _who(word: str, grid: int, dice: random.Random) -> str:
    """Somebody who may, where this grid lies."""
    rule = access.MATRIX[word]
    assert ChatKind.PRIVATE in rule.chats, word
    by_role = {
        Role.RESIDENT: f"居民{grid + people.GRIDS * dice.randrange(people.RESIDENTS // people.GRIDS)}",
        Role.GRID_WORKER: f"网格员{grid}",
        Role.OFFICER: f"民警{grid % people.GROUPS}",
        Role.CHIEF: dice.choice(("所长", "副所长", "教导员")),
        Role.COMMAND_ROOM: "指挥室",
        Role.SAFETY_OFFICE: f"平安办{grid % people.TOWNS}",
        Role.CUSTODIAN: "保密员",
        Role.AUDITOR: "审计员",
        Role.ADMIN: "管理员",
    }
    return next(name for role, name in by_role.items() if role in rule.roles)
