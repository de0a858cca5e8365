"""Access (权限): roles × commands × areas as one table; what has no row is refused.

A role counts over its own area and everything inside it. The table says who may use a command at all; an action
that touches a record asks again with the record's area (`require`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.dialogue.scene import Actor
from handlers.dialogue.wording import Text, text
from storage.areas import Area
from storage.chats import ChatKind
from storage.people import Role

EVERYONE = frozenset(Role)
OFFICERS = frozenset({Role.OFFICER, Role.CHIEF, Role.CASE_TEAM})
CHIEFS = frozenset({Role.CHIEF})
DESK = frozenset({Role.COMMAND_ROOM})
WORKERS = frozenset({Role.GRID_WORKER, Role.AUXILIARY})
TEAM = WORKERS | OFFICERS | DESK | frozenset({Role.SAFETY_OFFICE})
HOLDERS = frozenset({Role.CASE_TEAM, Role.CHIEF})
ADMINS = frozenset({Role.ADMIN})
AUDITORS = frozenset({Role.AUDITOR})
KEEPERS = frozenset({Role.CUSTODIAN})
"""保密员: one of the two without whom no teller's identity is opened (R13)."""
SAFETY = frozenset({Role.SAFETY_OFFICE})
HANDLERS = TEAM | frozenset({Role.MEDIATOR})
"""Who mediates disputes."""
HELPERS = HANDLERS | frozenset({Role.VOLUNTEER, Role.GUARD})
"""Who claims the wishes of others."""

WATCH = TEAM | frozenset({Role.GUARD, Role.VOLUNTEER})
"""Who walks patrols and takes shifts."""

ANYWHERE = frozenset(ChatKind)
PRIVATE = frozenset({ChatKind.PRIVATE})
TEAM_CHATS = frozenset({ChatKind.PRIVATE, ChatKind.WORKERS, ChatKind.OFFICERS, ChatKind.DESK, ChatKind.ADMINS})
WATCH_CHATS = TEAM_CHATS | frozenset({ChatKind.VOLUNTEERS})


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a command, and in which kinds of chat."""

    roles: frozenset[Role]
    chats: frozenset[ChatKind] = ANYWHERE


MATRIX: Mapping[str, Rule] = {
    "上报": Rule(EVERYONE),
    "隐患": Rule(EVERYONE),
    "求助": Rule(EVERYONE),
    "线索": Rule(EVERYONE),
    "代报": Rule(EVERYONE),
    "进度": Rule(EVERYONE),
    "补充": Rule(EVERYONE),
    "撤销": Rule(EVERYONE),
    "回执": Rule(EVERYONE),
    "接单": Rule(TEAM, TEAM_CHATS),
    "问线索": Rule(TEAM, TEAM_CHATS),
    "转派": Rule(TEAM, TEAM_CHATS),
    "办结": Rule(TEAM, TEAM_CHATS),
    "合并": Rule(TEAM, TEAM_CHATS),
    "十户": Rule(EVERYONE),
    "情报": Rule(EVERYONE),
    "研判": Rule(OFFICERS, PRIVATE),
    "并案": Rule(OFFICERS, PRIVATE),
    "单列": Rule(OFFICERS, PRIVATE),
    "查实": Rule(TEAM, PRIVATE),
    "查否": Rule(TEAM, PRIVATE),
    "无法核": Rule(TEAM, PRIVATE),
    "答复": Rule(OFFICERS, PRIVATE),
    "待办": Rule(HANDLERS, TEAM_CHATS),
    "重开": Rule(HANDLERS, TEAM_CHATS),
    "一键": Rule(EVERYONE, PRIVATE),
    "九小": Rule(TEAM, TEAM_CHATS),
    "限期": Rule(TEAM, TEAM_CHATS),
    "复查": Rule(TEAM, TEAM_CHATS),
    "视频巡查": Rule(TEAM, TEAM_CHATS),
    "查身份": Rule(OFFICERS, PRIVATE),
    "同意查身份": Rule(KEEPERS, PRIVATE),
    "不同意查身份": Rule(KEEPERS, PRIVATE),
    "要报": Rule(EVERYONE),
    "不用报": Rule(EVERYONE),
    "纠纷": Rule(EVERYONE, PRIVATE),
    "当场": Rule(HANDLERS, TEAM_CHATS),
    "跟踪": Rule(HANDLERS, TEAM_CHATS),
    "警务室": Rule(HANDLERS, TEAM_CHATS),
    "转办": Rule(HANDLERS, TEAM_CHATS),
    "接手": Rule(HANDLERS, TEAM_CHATS),
    "调解方式": Rule(HANDLERS, TEAM_CHATS),
    "约谈": Rule(HANDLERS, PRIVATE),
    "调解记": Rule(HANDLERS, PRIVATE),
    "达成": Rule(HANDLERS, PRIVATE),
    "终止": Rule(HANDLERS, PRIVATE),
    "升级": Rule(HANDLERS, PRIVATE),
    "暂停计时": Rule(HANDLERS, PRIVATE),
    "恢复计时": Rule(HANDLERS, TEAM_CHATS),
    "平息": Rule(HANDLERS, PRIVATE),
    "督办": Rule(SAFETY, PRIVATE),
    "解除督办": Rule(SAFETY, PRIVATE),
    "回访": Rule(EVERYONE, PRIVATE),
    "问骗": Rule(EVERYONE, PRIVATE),
    "见面": Rule(TEAM, PRIVATE),
    "入库": Rule(OFFICERS | DESK, TEAM_CHATS),
    "出库": Rule(OFFICERS | DESK, TEAM_CHATS),
    "反诈库": Rule(OFFICERS | DESK, TEAM_CHATS),
    "普法库": Rule(OFFICERS | DESK, TEAM_CHATS),
    "返赃": Rule(OFFICERS, PRIVATE),
    "领取": Rule(EVERYONE, PRIVATE),
    "名片": Rule(EVERYONE, PRIVATE),
    "谁负责": Rule(EVERYONE),
    "心愿": Rule(EVERYONE, PRIVATE),
    "诉求": Rule(EVERYONE, PRIVATE),
    "认领": Rule(HELPERS, TEAM_CHATS),
    "走访": Rule(TEAM, PRIVATE),
    "夜话": Rule(HANDLERS, TEAM_CHATS),
    "夜话记": Rule(HANDLERS, PRIVATE),
    "志愿": Rule(EVERYONE),
    "同意志愿": Rule(OFFICERS | DESK, TEAM_CHATS),
    "不同意志愿": Rule(OFFICERS | DESK, TEAM_CHATS),
    "巡逻": Rule(WATCH, WATCH_CHATS),
    "召集": Rule(OFFICERS | DESK, TEAM_CHATS),
    "车门": Rule(EVERYONE),
    "排班": Rule(OFFICERS | DESK, TEAM_CHATS),
    "领班": Rule(WATCH, WATCH_CHATS),
    "换班": Rule(WATCH, WATCH_CHATS),
    "周报": Rule(OFFICERS | DESK, TEAM_CHATS),
    "周报录入": Rule(DESK | CHIEFS, PRIVATE),
    "寻人": Rule(EVERYONE),
    "核实": Rule(OFFICERS | DESK, TEAM_CHATS),
    "复核": Rule(OFFICERS, TEAM_CHATS),
    "扩圈": Rule(OFFICERS | DESK, TEAM_CHATS),
    "找到": Rule(EVERYONE),
    "线索汇总": Rule(OFFICERS | DESK, TEAM_CHATS),
    "不属实": Rule(OFFICERS | DESK, TEAM_CHATS),
    "查看": Rule(EVERYONE),
    "分片": Rule(OFFICERS | DESK, TEAM_CHATS),
    "签到": Rule(EVERYONE),
    "领片": Rule(EVERYONE),
    "搜完": Rule(EVERYONE),
    "已返回": Rule(EVERYONE),
    "收队": Rule(TEAM, TEAM_CHATS),
    "情况通报": Rule(TEAM, TEAM_CHATS),
    "反诈": Rule(OFFICERS | DESK),
    "预警": Rule(OFFICERS | DESK | frozenset({Role.SAFETY_OFFICE})),
    "发送": Rule(OFFICERS | DESK | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "改时间": Rule(OFFICERS | DESK | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "改范围": Rule(OFFICERS | DESK | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "作废": Rule(OFFICERS | DESK | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "更正": Rule(OFFICERS | DESK, TEAM_CHATS),
    "照片": Rule(EVERYONE, PRIVATE),
    "协查": Rule(OFFICERS, PRIVATE),
    "批准": Rule(OFFICERS, TEAM_CHATS),
    "驳回": Rule(OFFICERS, TEAM_CHATS),
    "夜间发送": Rule(CHIEFS, TEAM_CHATS),
    "异议": Rule(EVERYONE),
    "异议成立": Rule(OFFICERS | DESK, TEAM_CHATS),
    "异议不成立": Rule(OFFICERS, TEAM_CHATS),
    "问异议": Rule(OFFICERS, PRIVATE),
    "撤回": Rule(OFFICERS | DESK, TEAM_CHATS),
    "暂停": Rule(OFFICERS | DESK, TEAM_CHATS),
    "继续": Rule(OFFICERS | DESK, TEAM_CHATS),
    "停发": Rule(OFFICERS | DESK, TEAM_CHATS),
    "发送情况": Rule(OFFICERS | DESK | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "补发": Rule(OFFICERS | DESK | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "待确认": Rule(OFFICERS | DESK | ADMINS | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "重发": Rule(OFFICERS | DESK | ADMINS | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "不管": Rule(OFFICERS | DESK | ADMINS | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "通报": Rule(OFFICERS | DESK | frozenset({Role.SAFETY_OFFICE}), TEAM_CHATS),
    "提醒": Rule(EVERYONE),
    "我的提醒": Rule(EVERYONE),
    "改提醒": Rule(EVERYONE),
    "取消提醒": Rule(EVERYONE),
    "完成提醒": Rule(EVERYONE),
    "再提醒": Rule(EVERYONE),
    "绑定": Rule(EVERYONE),
    "绑定群": Rule(ADMINS | OFFICERS),
    "加账号": Rule(EVERYONE),
    "我叫": Rule(EVERYONE, PRIVATE),
    "订阅": Rule(EVERYONE),
    "退订": Rule(EVERYONE),
    "登记群": Rule(TEAM, TEAM_CHATS),
    "已转发": Rule(EVERYONE),
    "转不了": Rule(EVERYONE),
    "已撤回": Rule(EVERYONE),
    "已更正": Rule(EVERYONE),
    "没转发": Rule(EVERYONE),
    "发码": Rule(ADMINS, frozenset({ChatKind.PRIVATE, ChatKind.ADMINS})),
    "审计": Rule(ADMINS | AUDITORS, frozenset({ChatKind.PRIVATE, ChatKind.ADMINS})),
    "收回权限": Rule(ADMINS, frozenset({ChatKind.PRIVATE, ChatKind.ADMINS})),
    "退出": Rule(EVERYONE),
    "我的数据": Rule(EVERYONE),
    "删除我": Rule(EVERYONE),
    "保留": Rule(HOLDERS, PRIVATE),
    "解除保留": Rule(HOLDERS, PRIVATE),
    "帮助": Rule(EVERYONE),
    "开始": Rule(EVERYONE),
}


class Refusal(Exception):
    """A command cannot be done; nothing has been changed, and `text` says why and what to do."""

    def __init__(self, refusal: Text) -> None:
        super().__init__(refusal.key)
        self.text = refusal


def refuse(key: str, /, **fields: object) -> Refusal:
    """A refusal with a sentence of the catalogue."""
    return Refusal(text(key, **fields))


def may(actor: Actor, word: str, kind: ChatKind, area: Area | None = None) -> bool:
    """Whether this person may use the command in such a chat, and over this area where one is named."""
    rule = MATRIX.get(word)
    return rule is not None and kind in rule.chats and actor.has(rule.roles, area)


INSTEAD = {
    **dict.fromkeys(("巡逻", "领班"), "access.instead_watch"),
    "预警": "access.instead_warning",
    "见面": "access.instead_meeting",
    "反诈": "access.instead_fraud",
}
"""What somebody who may not is told to do instead, by the word."""


def require(actor: Actor, word: str, area: Area | None) -> None:
    """Raise a kind Refusal saying who may, unless this person may use the command over the area."""
    rule = MATRIX.get(word)
    if rule is None or not actor.has(rule.roles, area):
        raise refuse(INSTEAD.get(word, "access.role"), who=who_may(word))


def check(actor: Actor, word: str, kind: ChatKind) -> None:
    """Raise a kind Refusal unless the command may be used by this person in such a chat."""
    rule = MATRIX.get(word)
    if rule is None or not actor.has(rule.roles):
        raise refuse(INSTEAD.get(word, "access.role"), who=who_may(word))
    if kind not in rule.chats:
        raise refuse("access.private" if rule.chats == PRIVATE else "access.team", word=word)


def who_may(word: str) -> Text | str:
    """The roles of a command as people say them, 社区民警、所长; a whole team in few words."""
    rule = MATRIX.get(word)
    if rule is None:
        return str(Role.ADMIN)
    if rule.roles >= TEAM:
        return text("access.team_members")
    return "、".join(role for role in Role if role in rule.roles)
