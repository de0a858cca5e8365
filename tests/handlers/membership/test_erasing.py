"""删除我: what goes at once, what goes when others are done with it, and what a hold keeps."""

from sqlalchemy import select

from bot.channels.console import ACCOUNT
from storage import incidents, media, people, searches
from storage.chats import Chat, ChatKind
from storage.forms import FormState, OpenForm
from storage.incidents import Incident, IncidentState
from storage.keys import DataKey
from storage.media import MediumKind, MediumState
from storage.objections import Objection
from storage.people import Person
from storage.searches import Search, SearchState
from tests.support.pictures import photo_bytes
from tests.support.stage import Stage, texts
from tests.support.strangers import Strangers

WHO = "stranger"


def missing(stage: Stage) -> Strangers:
    """Somebody's grandmother is being looked for."""
    stage.play.console.files["photo"] = photo_bytes()
    strangers = Strangers(stage)
    seen = "今天早上8点，水头村菜市场门口，我电话13912345678"
    for words in ("寻人", "我奶奶王秀英", "78岁", seen, "蓝棉袄黑裤子，白头发", "老年痴呆", "没有照片", "同意发布"):
        strangers.says(WHO, words)
    stage.say("民警甲", "核实 寻1")
    return strangers


def test_a_search_goes_on_without_who_asked_for_it_and_goes_when_it_is_over(stage: Stage) -> None:
    strangers = missing(stage)
    strangers.says(WHO, "删除我 确定")
    with stage.world.db.read() as session:
        search = session.scalars(select(Search)).one()
        assert (search.state, search.left, search.teller_digest) == (SearchState.PUBLISHED, True, None)
        assert searches.origin_of(session, search) == {}
        facts = searches.facts_of(session, search)
        assert facts["contact"] == ["13912345678"], "by it she comes home"
    shown = stage.say("民警甲", "找到 寻1")
    assert texts(shown, WHO) == []
    stage.later(minutes=11)
    with stage.world.db.read() as session:
        search = session.scalars(select(Search)).one()
        assert (search.state, search.facts, search.origin) == (SearchState.FOUND, None, None)
        assert session.get(DataKey, search.key_id) is None


def test_what_is_closed_goes_at_once_with_the_form_in_the_middle(stage: Stage) -> None:
    strangers = Strangers(stage)
    strangers.says(WHO, "隐患 水头村村口路灯坏了", name="王大妈")
    strangers.says(WHO, "撤销 隐1")
    strangers.says(WHO, "寻人")
    assert any("办完的 1 件" in one for one in texts(strangers.says(WHO, "删除我"), WHO))
    strangers.says(WHO, "删除我 确定")
    with stage.world.db.read() as session:
        incident = session.scalars(select(Incident)).one()
        assert (incident.state, incident.text, incident.teller_digest) == (IncidentState.WITHDRAWN, None, None)
        assert {one.state for one in session.scalars(select(OpenForm))} == {FormState.CANCELLED}
        gone = session.scalars(select(Person).order_by(Person.id.desc())).first()
        assert gone is not None
        assert (gone.key_id, gone.name_sealed, gone.name_digest) == (None, None, None)
        assert people.behind(session, ACCOUNT, WHO) is None


def test_a_hold_keeps_it_and_then_it_goes_at_once(stage: Stage) -> None:
    strangers = Strangers(stage)
    strangers.says(WHO, "隐患 水头村村口路灯坏了")
    strangers.says(WHO, "撤销 隐1")
    stage.say("所长", "保留 隐1 案件还在侦办")
    assert any("案件还在侦办" in one for one in texts(strangers.says(WHO, "删除我"), WHO))
    done = texts(strangers.says(WHO, "删除我 确定"), WHO)
    assert "依法暂时保留" in done[0]
    stage.later(days=179)
    with stage.world.db.read() as session:
        assert incidents.text_of(session, session.scalars(select(Incident)).one())
    stage.later(days=1, minutes=11)
    stage.later(minutes=11)
    with stage.world.db.read() as session:
        assert session.scalars(select(Incident)).one().text is None


def test_a_hold_keeps_the_photo_of_a_search_too(stage: Stage) -> None:
    missing(stage)
    with stage.world.db.write() as session:
        search = session.scalars(select(Search)).one()
        search.medium_id = media.want(session, MediumKind.PHOTO, {"ref": "x"}, stage.world.now())
        media.store(session, search.medium_id, b"face", "image/jpeg", "0" * 64)
        medium_id = search.medium_id
    stage.say("民警甲", "找到 寻1")
    stage.say("所长", "保留 寻1 家属在追究责任")
    stage.later(days=40)
    with stage.world.db.read() as session:
        assert media.get(session, medium_id).state is MediumState.READY
        assert session.scalars(select(Search)).one().facts is not None
    stage.say("所长", "解除保留 寻1")
    for _ in range(2):
        stage.later(days=1, hours=1)
    with stage.world.db.read() as session:
        assert media.get(session, medium_id).state is MediumState.ERASED
        assert session.scalars(select(Search)).one().facts is None


def test_a_talk_stays_an_address_while_a_notice_stands_there(stage: Stage) -> None:
    """A warning that may have to be taken back keeps its way for as long as it stands, and not longer."""
    strangers = Strangers(stage)
    strangers.says(WHO, "订阅 大侯村")
    shown = stage.say("民警甲", "反诈 冒充客服退款诈骗高发，不要转账")
    code = next(one.text.split("编号 ")[1].split()[0] for one in shown if "编号 " in one.text)
    stage.say("民警甲", f"发送 {code}")
    assert any("冒充客服" in one for one in texts(stage.say("民警乙", f"批准 {code}"), WHO))
    strangers.says(WHO, "删除我 确定")
    stage.later(hours=1)
    with stage.world.db.read() as session:
        talk = session.scalars(select(Chat).where(Chat.platform_id == WHO)).one()
        assert (talk.person_id, talk.area_id) == (None, None)
    went = stage.say("民警乙", f"撤回 {code}")
    assert [one.what for one in went if one.chat == WHO] == ["deleted"]
    stage.later(hours=1)
    with stage.world.db.read() as session:
        assert not session.scalars(select(Chat).where(Chat.platform_id == WHO)).all()


def test_another_account_goes_with_it(stage: Stage) -> None:
    strangers = Strangers(stage)
    shown = texts(strangers.says(WHO, "加账号"), WHO)
    code = next(one for one in shown if "账号码" in one).split("账号码：")[1][:9]
    strangers.says("second", f"绑定 {code}")
    strangers.says(WHO, "删除我 确定")
    stage.later(hours=1)
    with stage.world.db.read() as session:
        left = session.scalars(select(Chat.platform_id).where(Chat.kind == ChatKind.PRIVATE)).all()
        assert not {WHO, "second"} & set(left)


def test_an_objection_and_a_receipt_are_told_and_the_objection_goes(stage: Stage) -> None:
    strangers = missing(stage)
    strangers.says("objector", "异议 寻1 这是我妈妈，已经在家了")
    strangers.says("objector", "线索 大侯村小卖部半夜有人卸货")
    (told,) = [one for one in texts(strangers.says("objector", "我的数据"), "objector") if "我这里记着" in one]
    assert "您提的异议：1 条" in told
    assert "线1 等人接单" in told
    assert "有回执" in told
    strangers.says("objector", "删除我 确定")
    with stage.world.db.read() as session:
        (objection,) = session.scalars(select(Objection)).all()
        assert (objection.origin, objection.words) == (None, None)
        assert session.get(DataKey, objection.key_id) is None
