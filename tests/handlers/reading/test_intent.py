"""Intent: what must follow a word, polite frames, turned-round forms, danger; and that nothing makes it stumble."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading import intent
from handlers.reading.intent import Heard, Turned
from handlers.reading.normal import fold
from tests.support.busy import seconds_of
from tests.support.phrases import PREDICATES

TEAM = {"chat": "workers", "team": True}
ALPHABET = st.one_of(
    st.characters(),
    st.sampled_from("上报隐患求助线索进度提醒找到着火晕倒不见了吗呢吧怎么谁3号楼路灯坏隐12寻:：，。!?？ \n哈#/@"),
)


def heard(text: str, **more: object) -> Heard:
    return Heard(fold(text), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "meant"),
    [
        (" 水头村村口路灯坏了", True),
        ("水头村村口路灯坏了", True),
        (" 3号楼电梯坏了好几天", True),
        (" 3号楼电梯坏了，什么时候能修？", True),
        (" 不知道谁把车停在消防通道，堵住了", True),
        ("：我家老头子今天洗碗了", False),
        ("了3号楼路灯坏了", False),
        (" 3号楼路灯坏了吗", False),
        (" 3号楼路灯昨天就修好了", False),
        (" 3号楼路灯坏了哈哈哈", False),
        (" 如果3号楼路灯坏了就好了", False),
        ("", False),
    ],
)
def test_a_report_names_a_place_and_a_trouble(after: str, meant: bool) -> None:
    assert intent.report(heard(after)) is meant


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("隐患", "3号楼昨天就修好了 🙏\n奶奶的手镯不见了"),
        ("隐患", "3号楼昨天就修好了～\n线索我早就跟你们讲过咯"),
        ("寻人", "：昨天在3号楼门口借我打火机的大哥 🙏\n奶奶的手镯不见了"),
        ("求助", "，打印机卡纸了，会弄的来一下二楼～\n隐患照片要拍整改前后两张的哦"),
        ("反诈", "预警见面率要到百分百。\n村里通知：骗子冒充客服，不要转账，注意防范"),
    ],
)
def test_only_the_first_thing_said_decides(word: str, said: str) -> None:
    assert not PREDICATES[word][0](heard(said, word=word, chat="officers", team=True))


def test_somebody_lost_may_be_told_over_two_lines() -> None:
    assert intent.missing(heard(" 我妈王桂英，82岁\n今天早上走丢的"))


def test_a_place_alone_is_joined_with_what_is_wrong_below() -> None:
    assert intent.report(heard(" 大侯村3号楼\n电梯坏了"))
    assert intent.report(heard(" 急\n水头村桥头\n井盖没了"))


@pytest.mark.parametrize(
    ("said", "turned"),
    [
        ("东巷路灯又黑了，上报", Turned("上报", "东巷路灯又黑了")),
        ("隐42报错了，撤销", Turned("撤销", "隐42")),
        ("隐40到哪一步了，查进度", Turned("进度", "隐40")),
        ("你会干啥？帮助", Turned("帮助", "")),
        ("东巷路灯是不是坏了，上报", None),
        ("报错了，撤销", None),
        ("今天天气不错，上报", None),
    ],
)
def test_the_word_may_stand_behind_the_matter(said: str, turned: Turned | None) -> None:
    assert intent.word_behind(fold(said)) == turned


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("隐换 楼道堆煤球", "隐患"),
        ("提示 明天8点 开会", "提醒"),
        ("隐瞒 了好久", None),
        ("楼道堆煤球", None),
        ("隐换 楼道谁堆的煤球", None),
    ],
)
def test_one_sign_mistyped_is_forgiven(said: str, word: str | None) -> None:
    turned = intent.misspelt(fold(said))
    assert (turned.word if turned else None) == word


def test_what_was_seen_of_a_search_is_told_by_its_code() -> None:
    assert intent.seen_by_code(fold("协3那个人我见过，线索私聊给你们行不")) is not None
    assert intent.seen_by_code(fold("寻3有人看见过吗")) is None
    assert intent.seen_by_code(fold("隐3我看见过")) is None


def test_a_picture_under_the_bare_word_is_a_report() -> None:
    assert intent.hazard(heard("", media=True))
    assert not intent.hazard(heard("排查", media=True))


@pytest.mark.parametrize(
    ("after", "more", "meant"),
    [
        (" 明天9点 走访7号楼", TEAM, True),
        ("每周五下午4点报周报", TEAM, True),
        ("我明天9点去拿药", {}, True),
        (" 明天9点 拿药", {}, True),
        ("：明天9点 拿药", {}, False),
        ("明天9点交物业费", {}, False),
        ("大家明天8点停水", TEAM, False),
        (" 明天8点停水", TEAM, False),
        (" 关煤气", TEAM, False),
        ("我7号楼走访", TEAM, False),
        (" 明天9点", TEAM, False),
        (" 明天9点去不去？", TEAM, False),
    ],
)
def test_a_reminder_begins_with_its_hour(after: str, more: dict[str, object], meant: bool) -> None:
    assert intent.remind(heard(after, **more)) is meant


def test_a_warning_is_bare_only_before_the_team_and_from_the_team() -> None:
    text = " 近期有人冒充公检法打电话要求转账，请不要相信"
    assert intent.fraud(heard(text, **TEAM))
    assert not intent.fraud(heard(text, chat="residents", team=True))
    assert not intent.fraud(heard(text, chat="workers", team=False))
    assert not intent.suspect(heard(text, **TEAM))


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("隐12办结 已换灯泡", Turned("办结", "隐12 已换灯泡")),
        ("隐１２ 接單", Turned("接单", "隐12")),
        ("隐12转派给辅警甲", Turned("转派", "隐12 给辅警甲")),
        ("寻3找到了", Turned("找到", "寻3")),
        ("隐12进度怎么样了？", Turned("进度", "隐12")),
        ("隐12办结了吗", None),
        ("隐12先别办结", None),
        ("隐12办结率", None),
        ("把隐12转派给辅警甲", None),
        ("办结隐12", None),
    ],
)
def test_the_code_may_come_first(text: str, turned: Turned | None) -> None:
    assert intent.turned_round(fold(text)) == turned


def test_where_the_bot_is_surely_meant_the_order_is_free() -> None:
    assert intent.turned_round("把隐12转派给辅警甲", loose=True) == Turned("转派", "隐12 给辅警甲")
    assert intent.turned_round("查一下隐12的进度", loose=True) == Turned("进度", "隐12")
    assert intent.reminder_turned("30分钟后提醒我关水") == Turned("提醒", "30分钟后 关水")
    assert intent.reminder_turned("明天提醒你了", loose=True) is None
    assert intent.reminder_turned("8点提醒孩子写作业", loose=False) is None


@pytest.mark.parametrize(
    ("word", "after", "meant"),
    [
        ("上报", "", True),
        ("上报", " 3号楼路灯坏了，什么时候能修？", True),
        ("上报", "了吗", False),
        ("提醒", "家里老人关煤气了没", False),
        ("提醒", "我关煤气", True),
        ("线索", "我早就说过了", False),
        ("线索", " 昨晚有人撬锁", True),
        ("找到", "停车位了", False),
        ("找到", "了", True),
        ("进度", "也就那样吧", False),
        ("进度", "隐12怎么样了", True),
        ("反诈", "讲座几点开始", False),
        ("见面", "水头村王大爷19900000001正要给骗子转3万,人在农行", True),
        ("见面", "和平街赵大妈要给网上的对象汇两千", True),
        ("见面", "后街村老人在信用社要取钱,说是安全账户", True),
        ("见面", "再说", False),
        ("见面", "时间改到周三", False),
        ("见面", "以后再转钱给你", False),
        ("见面", "农行门口等我", False),
        ("见面", "镇政府门口,材料转交给我", False),
        ("反诈", " 近期刷单诈骗多发", True),
        ("帮助", "别人快乐自己", False),
        ("退出", "历史舞台", False),
        ("退出", " 确定", True),
        ("绑定", "K7F3Q9XM", True),
        ("绑定", "手机号怎么弄", False),
        ("查看", "3", True),
        ("查看", "一下天气", False),
        ("待办", "有哪些", True),
        ("寻人", "启事上那个电话打不通", False),
        ("发码", " 网格员 大侯村", True),
        ("绑定群", "了没有？", False),
    ],
)
def test_private_talk_about_a_word_is_no_command(word: str, after: str, meant: bool) -> None:
    assert intent.private_command(word, after) is meant


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("刚才在菜市场看到一个，是不是他？", True),
        ("收到，刚才在桥头见过", True),
        ("往汽车站方向走了", True),
        ("上午在超市门口坐着", True),
        ("收到", False),
        ("好人一生平安，扩散", False),
        ("没看到，帮转", False),
        ("在哪里走丢的？", False),
        ("希望早日回家", False),
        ("已转发到老乡群", False),
    ],
)
def test_a_sighting_is_told_from_good_wishes(text: str, tells: bool) -> None:
    assert intent.tells_something(fold(text)) is tells


@pytest.mark.parametrize(("text", "leaves"), [("帮助", True), ("进度 隐12", True), ("隐12办结", True)])
def test_some_words_leave_a_guided_talk(text: str, leaves: bool) -> None:
    assert intent.leaves_form(text) is leaves


@pytest.mark.parametrize(
    "text", ["取消", "返回", "不知道", "78岁", "进度不清楚", "在菜市场走丢的", "1", "求助过派出所"]
)
def test_answers_stay_in_the_guided_talk(text: str) -> None:
    assert not intent.leaves_form(text)


@pytest.mark.parametrize(
    ("text", "after", "tag"),
    [
        ("#反诈宣传#今天", "宣传#今天", True),
        ("#反诈宣传周 大家来", "宣传周 大家来", True),
        ("#求助帖有人看吗", "帖有人看吗", True),
        ("#隐患3号楼楼道堆满杂物", "3号楼楼道堆满杂物", False),
        ("#隐患 3号楼", " 3号楼", False),
        ("#接单隐12", "隐12", False),
        ("/反诈宣传", "宣传", False),
    ],
)
def test_a_topic_tag_is_no_sign(text: str, after: str, tag: bool) -> None:
    assert intent.only_a_tag(text, after) is tag


@given(st.text(ALPHABET, max_size=300), st.booleans(), st.sampled_from(["residents", "workers"]))
def test_no_text_makes_it_stumble(text: str, team: bool, chat: str) -> None:
    folded = fold(text)
    for word, (bare, _) in PREDICATES.items():
        assert bare(Heard(folded, chat, team)) in (True, False)
        assert intent.private_command(word, folded) in (True, False)
        assert intent.answers(word, Heard(folded)) in (True, False)
    for judge in (intent.danger, intent.leaves_form, intent.tells_something, intent.asks_about, intent.only_a_tag):
        assert judge(folded) in (True, False)
    for turned in (intent.turned_round(folded, loose=True), intent.reminder_turned(folded)):
        assert turned is None or turned.word
    assert 0 <= intent.filler(folded) <= len(folded)
    assert folded.endswith(intent.unframed(folded))


@pytest.mark.parametrize(
    "unit", ["着火了吗", "我妈", "隐12", "在哪里看见", "请麻烦帮我", "上", "哈 ", "，", "明天9点", "#/@"]
)
def test_a_long_text_takes_no_longer(unit: str) -> None:
    text = fold((unit * 10_000)[:10_000])

    def read() -> None:
        for bare, _ in PREDICATES.values():
            bare(Heard(text, "workers", team=True))
        for judge in (intent.danger, intent.leaves_form, intent.tells_something):
            judge(text)
        intent.turned_round(text, loose=True)
        intent.reminder_turned(text)

    assert seconds_of(read) < 0.5, "38 predicates and six judgements; one message meets two or three"


@pytest.mark.parametrize(
    ("said", "objects"),
    [
        ("这是我表弟，你们搞错了", True),
        ("你们弄错了，快撤了", True),
        ("不好意思发错了群", False),
        ("是不是搞错了", False),
        ("收到", False),
    ],
)
def test_who_says_that_it_is_a_mistake_objects(said: str, objects: bool) -> None:
    assert intent.objects(fold(said)) is objects


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("K7P2-QX3M", "K7P2-QX3M"),
        ("k7p2 qx3m", "k7p2 qx3m"),
        ("我的绑定码是K7P2QX3M。", "K7P2QX3M"),
        ("２３４５－ＡＢＣＤ", "2345-ABCD"),
        ("23456789", None),
        ("goodbyes", None),
        ("K7P2-QX3", None),
        ("K7P2-QX3M报修", None),
        ("K1P2-QX3M", None),
    ],
)
def test_a_join_code_alone_is_a_wish_to_join(said: str, code: str | None) -> None:
    assert intent.plainly(fold(said)) == (Turned("绑定", code) if code else None)


def test_plain_words_are_no_trap() -> None:
    unit = "我报的事怎么样了有人管吗什么时候来人到家了片5"
    text = fold((unit * 1000)[:10_000])
    assert seconds_of(lambda: intent.plainly(text)) < 0.1
    assert intent.plainly("片5") == Turned("领片", "片5")
    assert intent.plainly("今天天气怎么样") is None
