"""The tour (导览): five things worth trying first, and places that can be sent without a map."""

from typing import Any

from bot.web.roster import Roster

PLACES: list[list[object]] = [
    [37.3521, 112.4708, "大侯村村委会"],
    [37.3549, 112.4763, "水头村村口"],
    [37.3558, 112.4791, "水头村果园"],
    [37.3494, 112.4672, "大侯河沿"],
    [37.3607, 112.4855, "幸福社区北门"],
    [37.3188, 112.5120, "东岭村坡上"],
]
"""Latitude, longitude (degrees, WGS-84) and name; made up like the county itself."""

STEPS: tuple[dict[str, str], ...] = (
    {
        "title": "上报",
        "who": "居民甲",
        "chat": "大侯村居民群",
        "text": "上报 水头村村口路灯坏了，晚上看不见路",
        "then": "发出去，再换成网格员甲，到网格群点“接单”。",
    },
    {
        "title": "寻人",
        "who": "居民甲",
        "chat": "大侯村居民群",
        "text": "寻人",
        "then": "发出去，再到私聊里一步步回答。",
    },
    {
        "title": "反诈",
        "who": "民警甲",
        "chat": "me",
        "text": "反诈 冒充客服退款、让您共享屏幕的都是骗子，别转账",
        "then": "发出去看样子，再点“发送”；换成所长，到警务群点“批准”，居民群就收到了。",
    },
    {
        "title": "提醒",
        "who": "网格员甲",
        "chat": "me",
        "text": "提醒 10分钟后 走访7号楼",
        "then": "发出去，再点右上角时钟的“到下一件事”，提醒就来了。",
    },
    {
        "title": "线索",
        "who": "居民乙",
        "chat": "大侯村居民群",
        "text": "线索 有人在大侯河沿偷农机零件",
        "then": "发出去。机器人不在群里多说，答复在您的私聊里。",
    },
)


DRILL = (
    {
        "title": "反诈",
        "who": "民警甲",
        "chat": "me",
        "text": "反诈 冒充客服退款、让您共享屏幕的都是骗子，别转账",
        "then": "发出去看样子，再点“发送”；换成所长，到警务群点“批准”，就看到真实情况下会发给几个群。",
    },
    STEPS[3],
)
"""What the team can try by itself; in the sample county."""


def steps(roster: Roster, *, drill: bool = False) -> list[dict[str, Any]]:
    """The steps this county can play, with ids in place of names."""
    people = {person.name: person.id for person in roster.people}
    chats = {group.name: group.id for group in roster.groups} | {"me": "me"}
    return [
        {**step, "who": people[step["who"]], "chat": chats[step["chat"]]}
        for step in (DRILL if drill else STEPS)
        if step["who"] in people and step["chat"] in chats
    ]
