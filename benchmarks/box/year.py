"""A year of the county's talk: what is reported and done every day, drawn by a seeded chance, through the real path."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from benchmarks.box import people
from benchmarks.box.county import Box
from handlers.dialogue.message import Incoming
from storage import areas
from storage.disputes import Dispute
from storage.incidents import Incident
from storage.searches import Search, SearchState
from storage.wishes import Wish

DAYS: Final = 365
INCIDENTS: Final = 83
"""A day; 30,000 a year."""
DISPUTES: Final = 4.2
"""A day; 1,500 a year."""
QUERIES: Final = 270
"""Questions a day: how it stands, what there is to do, what is kept of me, help."""
REMINDERS: Final = 30
EVERYDAY: Final = 20
"""Wishes and small questions a day."""
SUBSCRIBERS: Final = 4_120
"""Who wants warnings; so many bring a million calls."""
BULLETIN_DAY: Final = 2
"""The weekday (Monday 0) on which a warning goes to every group and everybody who wants it."""
AT_A_TIME: Final = 40
"""Messages between two moves of the clock: about as many as the busiest minute of such a county brings."""

WHAT: Final = (
    "楼道里堆满了杂物，电动车也停在里面",
    "路灯坏了，晚上看不见路",
    "下水道堵了，污水流到路上",
    "井盖松了，车一压就响",
    "有人飞线充电，线从三楼拉下来",
    "墙皮掉下来，差点砸到人",
    "消防通道被车堵住",
    "河边护栏断了一截",
    "垃圾没人收，味道很大",
    "门口台阶碎了，老人容易摔",
)
DONE: Final = ("已处理", "已换新", "已劝离，回头再看", "已清走", "已通知物业修好")
QUARREL: Final = (
    "因为院墙吵起来",
    "因为停车位争执",
    "因为漏水闹了半年",
    "因为借款吵架",
    "因为噪音合不来",
    "因为地界争吵",
)
FRAUD: Final = ("冒充客服退款的是骗子，不要转账", "刷单返利都是诈骗", "安全账户不存在，不要转账", "屏幕共享会被转走钱")
ASKED: Final = (
    "心愿 厨房的灯坏了，想请人换一个，{grid}",
    "诉求 {grid}没有路灯，晚上看不见路",
    "问骗 您的账户涉嫌洗钱，请把钱转到安全账户",
    "谁负责 {grid}",
)
SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"


@dataclass
class Year:
    """The year so far; `seed` makes it the same year every time, `share` a smaller one (1.0: the whole county's)."""

    box: Box
    seed: int = 1
    share: float = 1.0
    day: int = 0
    seen: int = 0
    quarrels: int = 0
    wishes: int = 0
    dice: random.Random = field(init=False)
    at_work: list[tuple[str, str]] = field(default_factory=list)
    """Codes not done yet, and who has them in hand."""

    def __post_init__(self) -> None:
        """Draw by the seed."""
        self.dice = random.Random(self.seed)
        self._workers = {grid: f"网格员{number}" for number, (grid, _) in enumerate(self.box.town.grids)}

    def begin(self) -> None:
        """Those who want warnings say so."""
        self._hear(
            self.box.incoming(f"居民{n}", f"订阅 {self._community(n)}")
            for n in range(min(self._many(SUBSCRIBERS), people.RESIDENTS))
        )

    def live(self, days: int) -> None:
        """So many days, from eight in the morning to the night."""
        for _ in range(days):
            self._one()
            self.day += 1

    def _one(self) -> None:
        morning = self.box.clock.moment.replace(hour=8, minute=0)
        if morning < self.box.clock.moment:
            morning += timedelta(days=1)
        self.box.move(seconds=(morning - self.box.clock.moment).total_seconds())
        if morning.weekday() == BULLETIN_DAY:
            self._warn()
        if self.day % 9 == 4:
            self._search()
        self._hear(self._todo())
        self._hear(self._reports())
        self._hear(self._quarrels())
        self._hear(self._take())
        self._hear(self._questions())
        self._hear(self._wishes())
        self._hear(self._finish())
        self._hear(self._mediate())
        self.box.move(seconds=(morning.replace(hour=22) - self.box.clock.moment).total_seconds())

    def _hear(self, said: Iterator[Incoming] | Sequence[Incoming]) -> None:
        batch: list[Incoming] = []
        for one in said:
            batch.append(one)
            if len(batch) == AT_A_TIME:
                self.box.hear(batch)
                self.box.move(minutes=1)
                batch = []
        self.box.hear(batch)
        self.box.move(minutes=2)

    def _many(self, number: float) -> int:
        """So many in this share of the county, the rest of one by chance."""
        wanted = number * self.share
        return int(wanted) + (self.dice.random() < wanted % 1)

    def _community(self, resident: int) -> str:
        return self.box.town.grids[resident % people.GRIDS][1]

    # What residents say

    def _reports(self) -> Iterator[Incoming]:
        word = self.dice.choices(("隐患", "上报", "求助", "线索", "代报"), (45, 30, 5, 15, 5), k=self._many(INCIDENTS))
        for one in word:
            number = self.dice.randrange(people.RESIDENTS)
            grid = self.box.town.grids[number % people.GRIDS][0]
            building = self.dice.randint(1, 40)
            text = f"{one} {grid}{building}号楼{self.dice.choice(WHAT)}"
            group = f"{self._community(number)}居民群" if self.dice.random() < 0.3 else None
            yield self.box.incoming(f"居民{number}", f"/{text}" if group else text, group)

    def _questions(self) -> Iterator[Incoming]:
        for _ in range(self._many(QUERIES)):
            number = self.dice.randrange(people.RESIDENTS)
            said = self.dice.choices(("进度", "帮助", "我的数据", "今天天气怎么样", "谢谢"), (70, 12, 5, 8, 5))[0]
            yield self.box.incoming(f"居民{number}", said)
        for _ in range(self._many(REMINDERS)):
            number = self.dice.randrange(people.GRIDS)
            hours = self.dice.randint(1, 60)
            yield self.box.incoming(f"网格员{number}", f"提醒 {hours}小时后 走访{self.dice.randint(1, 40)}号楼")

        for _ in range(self._many(EVERYDAY)):
            number = self.dice.randrange(people.RESIDENTS)
            grid = self.box.town.grids[number % people.GRIDS][0]
            yield self.box.incoming(f"居民{number}", self.dice.choice(ASKED).format(grid=grid))

    # What the team does

    def _wishes(self) -> Iterator[Incoming]:
        """A new wish is claimed by its grid's worker and done."""
        with self.box.world.db.read() as session:
            rows = session.execute(select(Wish.id, Wish.number, Wish.area_id).where(Wish.id > self.wishes)).all()
            names = self._names()
        for row in rows:
            self.wishes = max(self.wishes, row.id)
            who = self._workers[names.get(row.area_id, self.box.town.grids[0])[0]]
            yield self.box.incoming(who, f"认领 愿{row.number}")
            yield self.box.incoming(who, f"心愿 愿{row.number} 做好了 {self.dice.choice(DONE)}")

    def _todo(self) -> Iterator[Incoming]:
        for number in self.dice.sample(range(people.GRIDS), min(people.GRIDS, self._many(200))):
            yield self.box.incoming(f"网格员{number}", "待办")

    def _take(self) -> Iterator[Incoming]:
        """Each new report is taken by its grid's worker, a tip by an officer; some are told more about."""
        with self.box.world.db.read() as session:
            rows = session.execute(
                select(Incident.id, Incident.kind, Incident.number, Incident.area_id).where(Incident.id > self.seen)
            ).all()
            names = self._names()
        for row in rows:
            self.seen = max(self.seen, row.id)
            code = f"{row.kind.value}{row.number}"
            grid, community = names.get(row.area_id, self.box.town.grids[0])
            officer = f"民警{self.box.town.communities.index(community)}"
            who = officer if row.kind.value == "线" else self._workers[grid]
            self.at_work.append((code, who))
            yield self.box.incoming(who, f"接单 {code}")

    def _finish(self) -> Iterator[Incoming]:
        """Most are done the same day, the others stay open for a while."""
        waiting, self.at_work = self.at_work, []
        for code, who in waiting:
            if self.dice.random() >= 0.8:
                self.at_work.append((code, who))
            elif code.startswith("线"):
                yield self.box.incoming(who, f"查实 {code} 已依法处理，谢谢您")
                yield self.box.incoming(who, f"答复 {code} 第1稿")
            else:
                yield self.box.incoming(who, f"办结 {code} {self.dice.choice(DONE)}")

    def _quarrels(self) -> Iterator[Incoming]:
        for _ in range(self._many(DISPUTES)):
            grid, _community = self.dice.choice(self.box.town.grids)
            one, other = self.dice.sample(SURNAMES, 2)
            text = f"纠纷 {one}大和{other}二{self.dice.choice(QUARREL)}，{grid}"
            yield self.box.incoming(self._workers[grid], text)

    def _mediate(self) -> Iterator[Incoming]:
        """What was registered today is sorted, talked over and mostly agreed."""
        with self.box.world.db.read() as session:
            rows = session.execute(
                select(Dispute.id, Dispute.number, Dispute.area_id).where(Dispute.id > self.quarrels)
            ).all()
            names = self._names()
        for row in rows:
            self.quarrels = max(self.quarrels, row.id)
            who = self._workers[names.get(row.area_id, self.box.town.grids[0])[0]]
            code = f"纠{row.number}"
            said = [f"{self.dice.choice(('当场', '跟踪'))} {code}", f"调解记 {code} 上门听了两边的说法，同意先缓一缓"]
            if self.dice.random() < 0.85:
                said.append(f"达成 {code} 双方各让一步，月底前办好")
            for text in said:
                yield self.box.incoming(who, text)

    def _names(self) -> dict[int, tuple[str, str]]:
        with self.box.world.db.read() as session:
            found = {area.name: area.id for area in areas.all_of(session)}
        return {found[grid]: (grid, community) for grid, community in self.box.town.grids}

    # What goes to many

    def _warn(self) -> None:
        """A warning to every residents' group and everybody who wants it, approved by another officer."""
        drafted = self._said(
            "所长", f"反诈 {self.dice.choice(FRAUD)}（第{self.day}天）", lambda text: "编号 反" in text
        )
        code = drafted.split("编号 ")[1].split("，")[0].split()[0]
        self.box.hear([self.box.incoming("所长", f"发送 {code}")])
        self.box.move(seconds=5)
        self.box.hear([self.box.incoming("副所长", f"批准 {code}")])
        self.box.move(minutes=5)

    def _search(self) -> None:
        """An elder is missing, published and found within hours."""
        number = self.dice.randrange(people.RESIDENTS)
        who, grid = f"居民{number}", self.box.town.grids[number % people.GRIDS][0]
        officer = f"民警{self.box.town.communities.index(self._community(number))}"
        for text in (
            "寻人",
            "我奶奶王秀英",
            "78岁",
            f"今天早上7点，{grid}",
            "蓝棉袄黑裤子，白头发",
            "老年痴呆",
            "没有照片",
            "同意发布",
        ):
            self.box.hear([self.box.incoming(who, text)])
            self.box.move(seconds=20)
        with self.box.world.db.read() as session:
            number = session.scalar(select(Search.number).order_by(Search.id.desc()).limit(1)) or 0
        self.box.hear([self.box.incoming(officer, f"核实 寻{number}")])
        self.box.move(minutes=30)
        self.box.hear(
            [self.box.incoming(officer, f"复核无误 寻{number}"), self.box.incoming("所长", f"复核 寻{number}")]
        )
        self.box.move(minutes=40)
        self.box.hear([self.box.incoming(officer, f"找到 寻{number}")])
        self.box.move(minutes=1)

    def _said(self, who: str, text: str, wanted: Callable[[str], bool]) -> str:
        """Say something and give the answer that is wanted."""
        self.box.wire.keeps = []
        self.box.hear([self.box.incoming(who, text)])
        self.box.move(seconds=1)
        kept, self.box.wire.keeps = self.box.wire.keeps, None
        return next(one for one in kept or () if wanted(one))

    def found(self) -> int:
        """How many searches ended well."""
        with self.box.world.db.read() as session:
            return len(session.scalars(select(Search.id).where(Search.state == SearchState.FOUND)).all())


def first_day() -> datetime:
    """When the year begins: a Wednesday, in the station's own time, so that its end has most of a week behind it."""
    return datetime(2025, 11, 19, 7, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
