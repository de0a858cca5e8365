"""The play (演示): a station is set up, reports come in by every way, a warning goes out and is taken back."""

import re
from dataclasses import dataclass

from tests.support.wechat.demo.places import NotSeen, Place, Protocol, Voice
from tests.support.wechat.demo.platforms import Platforms
from tests.support.wechat.demo.station import Station
from tests.support.wechat.official_api import LONG_AGO
from tests.support.wechat.official_town import openid

CODE = re.compile(r"[A-Z0-9]{4}-[A-Z0-9]{4}")
WARNING = "冒充客服退款的电话又多了，不要转账"
PART = "冒充客服退款"
CLOSED = "通报 反1 已撤回，请勿再转发"


class Cast:
    """Everybody in the play and where they are: voices speak, places are read."""

    def __init__(self, platforms: Platforms) -> None:
        self.team, self.watch = "大侯村网格群", "大侯村义警群"
        self.admin = platforms.talks_to_aibot("管理员小赵")
        self.worker = platforms.talks_to_aibot("网格员李姐")
        self.admin_in_team = platforms.in_aibot_group("管理员小赵", self.team)
        self.worker_in_team = platforms.in_aibot_group("网格员李姐", self.team)
        self.admin_in_watch = platforms.in_aibot_group("管理员小赵", self.watch)
        self.volunteer = platforms.in_aibot_group("义警大刚", self.watch)
        self.author, self.second = platforms.talks_to_app("wang"), platforms.talks_to_app("liu")
        self.keeper, self.doctor = platforms.talks_to_app("ma"), platforms.talks_to_app("sun")
        self.wang, self.zhao = platforms.follows_account("王大妈"), platforms.follows_account("赵大爷")
        self.chen = platforms.in_telegram_group("小陈", 501, "大侯村侨眷群", -1001)
        self.admin_abroad = platforms.in_telegram_group("管理员小赵", 502, "大侯村侨眷群", -1001)
        self.admin_phone = platforms.talks_on_telegram("管理员小赵", 502)
        self.shops = platforms.robot_group("大侯村商户通知群")
        self.duty = platforms.duty_group("大侯村夜巡值班群")
        self.residents = platforms.customer_group("wrResidents")
        self.tasks = platforms.tasks_of("ma")
        self.by_hand = "水头村微信群"

    @property
    def voices(self) -> list[Voice]:
        """Everybody who can speak."""
        return [one for one in vars(self).values() if isinstance(one, Voice)]

    @property
    def places(self) -> list[Place]:
        """Everywhere something can be read, each once."""
        found = [one.place for one in self.voices] + [one for one in vars(self).values() if isinstance(one, Place)]
        return list({(one.name, one.how): one for one in found}.values())


@dataclass
class Play:
    """The four acts; each raises NotSeen where something did not come about. `figures` are the last ones shown."""

    platforms: Platforms
    station: Station
    cast: Cast
    protocol: Protocol
    sent: str = ""
    taken_back: str = ""

    async def run(self) -> None:
        """All of it, once the program is running."""
        await self.set_up()
        await self.reports()
        await self.warning()
        await self.taking_back()
        self.figures()

    async def set_up(self) -> None:
        """As a station does it: the printed code, codes for others, groups, residents who ask for notices."""
        cast, told = self.cast, self.protocol
        told.act("一、装好：口令、人员、绑群、订阅", "Set-up: code, people, groups, subscriptions")
        await self._until_connected()
        await told.says(cast.admin, f"绑定 {await self.station.code()} 小赵")
        await told.sees(cast.admin.place, "绑定好了", "管理员")
        for role, voice in (
            ("网格员 大侯村", cast.worker),
            ("社区民警 大侯村", cast.author),
            ("社区民警 大侯村", cast.second),
            ("网格员 大侯村", cast.keeper),
        ):
            await self._joins(role, voice)
        await told.says(cast.admin, "加账号")
        code = self._code_in(await told.sees(cast.admin.place, "账号码", quiet=True))
        await told.says(cast.admin_phone, f"绑定 {code}")
        await told.sees(cast.admin_phone.place, "同一个人")
        for voice, kind in (
            (cast.admin_in_team, "网格群"),
            (cast.admin_in_watch, "义警群"),
            (cast.admin_abroad, "居民群"),
        ):
            await told.says(voice, f"绑定群 {kind} 大侯村")
            await told.sees(voice.place, "绑定好了")
        told.tell(f"  $ wangge wecom group {cast.duty.name} wang liu ma")
        await self.station.command("wecom", "group", cast.duty.name, "wang", "liu", "ma")
        await told.sees(cast.admin_phone.place, "接上了群", cast.duty.name)
        for place, kind in ((cast.shops, "商户群"), (cast.duty, "义警群"), (cast.residents, "居民群")):
            await told.says(cast.admin, f"绑定群 {place.name} {kind} 大侯村")
            await told.sees(cast.admin.place, "绑定好了")
        await self._confirms("各位好")
        await told.says(cast.keeper, f"登记群 {cast.by_hand}")
        await told.sees(cast.keeper.place, "登记好了", cast.by_hand)
        for voice in (cast.wang, cast.zhao):
            told.tell(f"  {voice.name} 关注了公众号 / follows the official account")
            await self.platforms.poster.follow(openid(voice.name))
            await told.sees(voice.place, "您好")
        for voice in (cast.wang, cast.zhao, cast.doctor):
            await told.says(voice, "订阅 大侯村")
            await told.sees(voice.place, "大侯村的反诈提醒和预警")
        self.platforms.official.phone(openid(cast.zhao.name)).until = LONG_AGO
        told.tell(
            "  （赵大爷此后两天没说话，公众号的 48 小时窗口关上了 / silent for two days: the 48 h window is shut）"
        )

    async def reports(self) -> None:
        """One report by each way in; each is one card for the workers, whatever the platform repeats."""
        cast, told = self.cast, self.protocol
        told.act("二、上报：每个入口各来一条", "Reports: one through each way in")
        for voice, words, part in (
            (cast.volunteer, "上报 水头村村口路灯坏了", "路灯坏了"),
            (cast.doctor, "上报 大侯村卫生室门口井盖没了", "井盖没了"),
            (cast.chen, "/上报 大侯老街河沿护栏断了", "护栏断了"),
        ):
            await told.says(voice, words)
            await told.sees(voice.place, "已记下", "报")
            await told.sees(cast.worker_in_team.place, part)
        await self._posted_three_times("上报 大侯村第二网格下水道堵了", "下水道堵了")
        await told.presses(cast.worker_in_team, "接单")
        await told.stands(cast.worker_in_team.place, "下水道堵了", f"{cast.worker.name[-2:]} 已接单")
        await told.sees(cast.worker.place, "下水道堵了")
        await told.sees(cast.wang.place, "已有人接单")

    async def warning(self) -> None:
        """A warning, looked through by a second officer, leaves by every channel; two people pass it on by hand."""
        cast, told = self.cast, self.protocol
        told.act("三、反诈提醒：从所有渠道一起发出", "A warning leaves through all channels at once")
        for place in cast.places:
            place.fresh()
        await told.says(cast.author, f"反诈 {WARNING}")
        await told.sees(cast.author.place, "反1", "发送")
        await told.says(cast.author, "1")
        await told.sees(cast.second.place, "请您核准 反1")
        await told.says(cast.second, "批准 反1")
        for place in self._reached_at_once():
            await told.sees(place, PART)
        asked = await told.sees(cast.keeper.place, "请转发到微信群", "回复 1")
        assert cast.by_hand in asked
        await self._confirms(PART)
        told.tell(f"  {cast.keeper.name} 长按转发到“{cast.by_hand}” / forwards it by hand")
        await told.says(cast.keeper, "回复 1")
        await told.sees(cast.keeper.place, "谢谢", cast.by_hand)
        self.sent = await told.sees(cast.author.place, "反1 已发完", "（系统 6，人工自报 2）")
        await told.says(cast.author, "发送情况 反1")
        await told.sees(cast.author.place, "未触达")

    def _reached_at_once(self) -> list[Place]:
        cast = self.cast
        return [cast.volunteer.place, cast.shops, cast.duty, cast.wang.place, cast.doctor.place, cast.chen.place]

    async def taking_back(self) -> None:
        """Everything that stands somewhere is taken back or put right, to the last copy."""
        cast, told = self.cast, self.protocol
        told.act("四、撤回：收到最后一份", "Taken back, to the last copy")
        await told.says(cast.author, "撤回 反1 号码写错了")
        await told.sees(cast.author.place, "正在收回 8 份")
        for place in (cast.chen.place, cast.doctor.place):
            await told.gone(place, WARNING)
        for place in (cast.volunteer.place, cast.shops, cast.duty, cast.wang.place):
            await told.sees(place, CLOSED)
        await told.sees(cast.author.place, "6/8 已处理", "2 个群等人撤回或更正")
        await self._confirms(CLOSED)
        await told.sees(cast.keeper.place, "收回您转发的那条", "回复 1 已撤回")
        told.tell(f"  {cast.keeper.name} 在“{cast.by_hand}”长按撤回 / takes it back by hand")
        await told.says(cast.keeper, "回复 1")
        await told.sees(cast.keeper.place, "谢谢", cast.by_hand)
        self.taken_back = await told.sees(cast.author.place, "8/8 已处理（系统 6，人工自报 2）")
        if any(PART in text for place in cast.places for text in place.fresh()):
            raise NotSeen("撤回以后又有人收到 / somebody got it after it was taken back")

    def figures(self) -> None:
        """What came of it, in figures."""
        told = self.protocol
        told.act("结果", "Figures")
        told.tell("  上报 / reports：4 个入口，4 条，4 张工单（公众号投递 3 次仍是 1 条）")
        told.tell(f"  发出 / sent：{self.sent.splitlines()[0]}")
        told.tell("  未触达 / not reached：1 位（公众号 48 小时窗口外）")
        told.tell(f"  撤回 / taken back：{self.taken_back.splitlines()[0]}")

    async def _until_connected(self) -> None:
        await self.protocol.until(
            lambda: self.platforms.aibot.live is not None or None, "智能机器人的长连接 / the long connection"
        )
        await self.protocol.until(
            lambda: self.platforms.official.menu is not None or None, "公众号的菜单 / the account's menu"
        )

    async def _joins(self, role: str, voice: Voice) -> None:
        """The admin hands out a code, and somebody uses it, telling their name, which WeCom keeps to itself."""
        told = self.protocol
        await told.says(self.cast.admin, f"发码 {role}")
        code = self._code_in(await told.sees(self.cast.admin.place, "绑定码", quiet=True))
        await told.says(voice, f"绑定 {code} {voice.name[-2:]}")
        await told.sees(voice.place, "绑定好了")

    def _code_in(self, words: str) -> str:
        found = CODE.search(words)
        if found is None:
            raise NotSeen(f"没有口令 / no code: {words}")
        return found[0]

    async def _posted_three_times(self, words: str, part: str) -> None:
        """The platform posts one message three times, as it does where it believes that nobody answered."""
        cast, told, poster = self.cast, self.protocol, self.platforms.poster
        told.tell(f"  王大妈@公众号 说：{words}（平台投递三次 / posted three times）")
        said = poster.message(openid(cast.wang.name), MsgType="text", Content=words, MsgId="23000000000000007")
        self.platforms.official.phone(openid(cast.wang.name)).may_get(
            5, self.platforms.official.clock().replace(year=2100)
        )
        for _ in range(3):
            statuses = await poster.post(said, openid(cast.wang.name))
            if statuses != [200]:
                raise NotSeen(f"公众号的消息没有被收下 / a callback was not taken: {statuses}")
        await told.sees(cast.wang.place, "已记下", "报")
        await told.sees(cast.worker_in_team.place, part)
        again = [one.text for one in cast.worker_in_team.place.reads() if part in one.text]
        if len(again) != 1:
            raise NotSeen(f"投递三次，却有 {len(again)} 张工单 / one report became {len(again)}")

    async def _confirms(self, part: str) -> None:
        """The owner of the customer group sends what waits on the phone; only then do residents see it."""
        cast, told = self.cast, self.protocol
        await told.sees(cast.tasks, part)
        told.tell(f"  {cast.tasks.name} 点：[发送] / the group's owner confirms")
        self.platforms.customers.confirm("ma")
        await told.sees(cast.residents, part)
