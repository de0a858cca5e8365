"""Customer groups: a notice is a task; what its owner and the residents see of it, and how each way to fail is told."""

import logging
from datetime import timedelta

import pytest

from bot.channels.customer_group import CustomerGroup
from handlers.dialogue.message import Outgoing, PlayCall
from jobs.channel import (
    CallFailed,
    ChatGone,
    Impossible,
    Knocks,
    Later,
    Medium,
    MediumRefused,
    NotNow,
    Nudges,
    Refused,
    StaleUpload,
    Unsure,
)
from storage.copies import CopyKind
from storage.worlds import WorldKind
from tests.support.pictures import photo_bytes
from tests.support.telegram_api import awaits
from tests.support.wechat.customer_api import Seen
from tests.support.wechat.customer_people import MARKET, OTHER, VILLAGE, call, corp, section, town, village
from tests.support.wechat.serving import Fault

ADD = "add_msg_template"


@awaits
async def test_a_notice_is_there_once_the_owner_confirms_it() -> None:
    async with town() as place:
        task_id = await place.ask("今晚停水")
        assert place.api.shown == {}
        (waiting,) = place.api.phone("zhangsan")
        assert (waiting.number, waiting.chats) == (task_id, (VILLAGE,))
        place.api.confirm("zhangsan")
        assert place.api.shown[VILLAGE] == [Seen("zhangsan", "今晚停水")]
        assert place.api.phone("lisi") == []
        can = place.made.can
    assert (can.by_hand, can.nudges, can.stops, can.takes_back, can.hears_groups) == (True, True, True, False, False)
    assert isinstance(place.made, Nudges)
    assert not isinstance(place.made, Knocks)


@awaits
async def test_pictures_films_and_files_hang_on_the_words_and_are_uploaded_once() -> None:
    media = (
        Medium(1, "photo", "image/jpeg", photo_bytes()),
        Medium(2, "video", "video/mp4", b"film in bytes"),
        Medium(3, "file", "application/pdf", b"%PDF-1.7", name="通告.pdf"),
        Medium(4, "voice", "audio/ogg", b"OggS...."),
        Medium(5, "video", "video/mp4", None, url="https://station.example/v/5"),
    )
    async with town() as place:
        assert place.made.parts(Outgoing("寻3"), media) == 1
        sent = await place.made.send(call("寻3"), media)
        known = tuple(
            Medium(one.id, one.kind, one.mime, None if one.id in sent.uploads else one.blob,
                   sent.uploads.get(one.id), one.name, one.url)
            for one in media
        )  # fmt: skip
        again = await place.made.send(call("寻3 扩圈"), known)
        place.api.confirm("zhangsan")
        (seen,) = place.api.shown[VILLAGE]
        assert len(place.api.corp.files) == 4
        names = [one.name for one in place.api.corp.files.values()]
    assert [kind for kind, _ in seen.attachments] == ["image", "video", "file", "file", "link"]
    assert seen.attachments[4][1] == b"https://station.example/v/5"
    assert (sorted(sent.uploads), again.uploads) == ([1, 2, 3, 4], {})
    assert sent.parts[0][1] is CopyKind.PHOTO
    assert all(name.isascii() for name in names)


@awaits
async def test_a_film_uploaded_as_a_file_is_uploaded_anew_since_its_id_is_of_another_kind() -> None:
    film = Medium(1, "video", "video/mp4", b"x" * (11 << 20))
    async with town() as place:
        for _ in range(2):
            assert (await place.made.send(call("看"), (film,))).uploads == {}
        assert [one.kind for one in place.api.corp.files.values()] == ["file", "file"]


@awaits
async def test_long_texts_and_many_pictures_are_as_few_tasks_as_can_be() -> None:
    media = tuple(Medium(number, "photo", "image/jpeg", photo_bytes(40, 30)) for number in range(11))
    words = "有人走失，请大家留意。\n" * 250
    async with town() as place:
        assert place.made.parts(Outgoing(words), media) == 3
        for part in range(3):
            await place.made.send(call(words), media, part)
        tasks = list(place.api.tasks.values())
        with pytest.raises(Impossible):
            await place.made.send(call(""), (Medium(1, "file", "", b"tiny"),))
    assert [len(one.seen.attachments) for one in tasks] == [9, 2, 0]
    assert all(len(one.seen.text.encode()) <= 4000 for one in tasks)
    assert "\n".join(one.seen.text for one in tasks).split() == words.split()


@awaits
async def test_an_upload_too_old_is_told_and_a_bad_one_goes_without() -> None:
    async with town() as place:
        with pytest.raises(StaleUpload):
            await place.made.send(call("寻3"), (Medium(1, "photo", "image/jpeg", None, "gone"),))
        with pytest.raises(MediumRefused):
            await place.made.send(call("寻3"), (Medium(1, "photo", "image/jpeg", b"no picture"),))
        place.api.fails("media/upload", Fault(40009), Fault(breaks=True))
        with pytest.raises(MediumRefused):
            await place.made.send(call("寻3"), (Medium(1, "photo", "image/jpeg", photo_bytes()),))
        with pytest.raises(NotNow):
            await place.made.send(call("寻3"), (Medium(1, "photo", "image/jpeg", photo_bytes()),))
        assert place.api.tasks == {}


FAILURES = [
    (ADD, Fault(45009), Refused),
    (ADD, Fault(-1), NotNow),
    (ADD, Fault(40058), Impossible),
    (ADD, Fault(45002), Impossible),
    (ADD, Fault(48002), NotNow),
    (ADD, Fault(60020), NotNow),
    (ADD, Fault(status=502, page=b"<html>Bad Gateway</html>"), NotNow),
    (ADD, Fault(status=500, page=b"<html>"), Unsure),
    (ADD, Fault(breaks=True), Unsure),
    (ADD, Fault(breaks=True, after=True), Unsure),
    (ADD, Fault(late=1.0), Unsure),
    ("groupchat/get", Fault(late=1.0), NotNow),
    ("groupchat/get", Fault(60011), NotNow),
    ("groupchat/get", Fault(49008), ChatGone),
    ("groupchat/get", Fault(page=b"<html>log in to the wifi</html>"), NotNow),
    ("gettoken", Fault(late=1.0), NotNow),
    ("gettoken", Fault(40001), NotNow),
    ("gettoken", Fault(60020), NotNow),
    ("gettoken", Fault(page=b"<html>"), NotNow),
]


@pytest.mark.parametrize(("path", "fault", "failure"), FAILURES, ids=str)
@awaits
async def test_how_a_call_fails(
    path: str, fault: Fault, failure: type[CallFailed], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api = village()
    api.fails(path, fault)
    async with town(api, seconds=0.2 if fault.late else 5) as place:
        with pytest.raises(CallFailed) as failed:
            await place.ask("王大妈走失")
        assert isinstance(failed.value, failure)
        told = f"{failed.value!r} {failed.value.__cause__!r} {place.made!r} {caplog.text}"
    assert "canary" not in told
    assert "王大妈" not in told


@awaits
async def test_a_group_that_is_gone_or_changed_hands_or_has_no_owner() -> None:
    async with town() as place:
        await place.ask()
        place.api.groups[VILLAGE].owner = "lisi"
        with pytest.raises(NotNow):
            await place.ask()
        await place.ask("换了群主")
        assert [one.seen.text for one in place.api.phone("lisi")] == ["换了群主"]
        place.api.groups[VILLAGE].gone = True
        for _ in range(2):
            with pytest.raises(ChatGone):
                await place.ask()
        with pytest.raises(ChatGone):
            await place.ask(chat="wrNobody")


@awaits
async def test_only_the_groups_of_the_senders_are_used() -> None:
    async with town(senders=("zhangsan",)) as place:
        met = await place.listen()
        assert [one.chat for one in met] == [VILLAGE]
        await place.ask()
        with pytest.raises(Impossible):
            await place.ask(chat=MARKET)
    assert next(iter(place.api.tasks.values())).chats == (VILLAGE,)


@awaits
async def test_a_group_gets_as_many_messages_as_the_month_has_days() -> None:
    async with town() as place:
        for number in range(30):
            await place.ask(f"通知{number}")
            place.hands.move(minutes=5)
        with pytest.raises(Later) as held:
            await place.ask("第三十一条")
        assert len(place.api.tasks) == 30
        await place.ask("另一个群", MARKET)
        until = (place.hands() + held.value.wait).astimezone(place.hands().tzinfo)
        assert (until.month, until.day) == (12, 1)
        await place.made.delete(VILLAGE, "msg0-" + next(iter(place.api.tasks)).partition("-")[2])
        await place.ask("停了一条，又能发一条")
        place.hands.move(days=13)
        await place.ask("下个月")


@awaits
async def test_what_the_platform_refuses_as_too_many_waits_until_the_next_day() -> None:
    async with town() as place:
        place.api.fails(ADD, Fault(41048))
        with pytest.raises(Later) as held:
            await place.ask()
        assert timedelta(hours=13) < held.value.wait < timedelta(hours=14)
        with pytest.raises(Later):
            await place.ask()
        assert len(place.api.made(ADD)) == 1
        place.hands.move(hours=14)
        await place.ask("第二天")


@awaits
async def test_too_fast_once_rests_a_minute_and_twice_a_day() -> None:
    async with town() as place:
        place.api.fails(ADD, Fault(45009), Fault(45009))
        with pytest.raises(Refused):
            await place.ask()
        place.hands.move(minutes=1)
        with pytest.raises(Later):
            await place.ask()


@awaits
async def test_a_confirmed_task_that_nobody_got_holds_the_group_until_the_next_day() -> None:
    api = village()
    api.most = 1
    async with town(api) as place:
        first, second = await place.ask("第一条"), await place.ask("第二条")
        api.confirm("zhangsan", first)
        api.confirm("zhangsan", second)
        heard = await place.listen(2)
        results = {one.message_id: one.text for one in heard if one.kind == "forwarded"}
        assert results == {first: "done", second: "refused"}
        assert api.texts(VILLAGE) == ["第一条"]
        with pytest.raises(Later):
            await place.ask("第三条")


@awaits
async def test_an_owner_is_reminded_three_times_a_day() -> None:
    async with town() as place:
        task_id = await place.ask()
        for _ in range(3):
            await place.made.nudge(VILLAGE, task_id)
            place.hands.move(hours=1)
        with pytest.raises(Later) as held:
            await place.made.nudge(VILLAGE, task_id)
        assert held.value.wait == timedelta(hours=21)
        assert len(place.api.tasks[task_id].reminders) == 3
        place.hands.move(hours=21, minutes=1)
        await place.made.nudge(VILLAGE, task_id)
        place.api.confirm("zhangsan")
        place.hands.move(hours=3)
        with pytest.raises(Impossible):
            await place.made.nudge(VILLAGE, task_id)
        with pytest.raises(Impossible):
            await place.made.nudge(VILLAGE, "msg-of-nobody")


@awaits
async def test_a_reminder_without_an_answer_counts() -> None:
    async with town() as place:
        task_id = await place.ask()
        place.api.fails("remind_groupmsg_send", *[Fault(breaks=True, after=True)] * 3)
        for _ in range(3):
            with pytest.raises(Unsure):
                await place.made.nudge(VILLAGE, task_id)
        with pytest.raises(Later):
            await place.made.nudge(VILLAGE, task_id)


@awaits
async def test_a_task_is_stopped_before_it_is_confirmed_and_not_after() -> None:
    async with town() as place:
        task_id, other = await place.ask("走失"), await place.ask("停水", MARKET)
        await place.made.delete(VILLAGE, task_id)
        assert place.api.phone("zhangsan") == []
        await place.made.delete(VILLAGE, task_id)
        place.api.confirm("lisi")
        with pytest.raises(Impossible):
            await place.made.delete(MARKET, other)
        with pytest.raises(Impossible):
            await place.made.delete(MARKET, "msg-of-nobody")
        assert place.api.texts(MARKET) == ["停水"]


@awaits
async def test_a_stop_whose_end_nobody_knows_may_be_made_again() -> None:
    async with town() as place:
        task_id = await place.ask()
        place.api.fails("get_groupmsg_task", Fault(status=502))
        with pytest.raises(NotNow):
            await place.made.delete(VILLAGE, task_id)
        await place.made.delete(VILLAGE, task_id)
        assert len(place.api.made("cancel_groupmsg_send")) == 1


@awaits
async def test_what_cannot_be_done_and_other_worlds() -> None:
    async with town() as place:
        for work in (
            place.made.edit(call("好"), "1", CopyKind.TEXT),
            place.made.fetch("1", 10),
        ):
            with pytest.raises(Impossible):
                await work
        with pytest.raises(TypeError):
            await place.made.send(PlayCall(VILLAGE, "", Outgoing("演练")), ())
        await place.made.probe()
        assert place.api.tasks == {}
    for kind in (WorldKind.PLAYGROUND, WorldKind.DRILL):
        with pytest.raises(TypeError):
            CustomerGroup(section(), corp("http://127.0.0.1:9"), kind)
    assert OTHER not in str(place.heard)


@awaits
async def test_answers_without_what_was_asked_for_are_no_answers() -> None:
    picture = Medium(1, "photo", "image/jpeg", photo_bytes())
    async with town() as place:
        place.api.fails("groupchat/get", Fault(page=b'{"errcode":0}'))
        with pytest.raises(NotNow):
            await place.ask()
        place.api.fails("media/upload", Fault(page=b'{"errcode":0,"media_id":5}'))
        with pytest.raises(NotNow):
            await place.made.send(call("寻3"), (picture,))
        place.api.fails("cancel_groupmsg_send", Fault(40058))
        task_id = await place.ask()
        with pytest.raises(Impossible):
            await place.made.delete(VILLAGE, task_id)
        place.api.fails("add_msg_template", Fault(page=b'{"errcode":0,"fail_list":["wrVillage"],"msgid":"m"}'))
        with pytest.raises(Later):
            await place.ask()


@awaits
async def test_pictures_may_go_without_words_and_odd_letters_go_nowhere() -> None:
    film = Medium(2, "video", "video/mp4", None, name="看\ud800片", url="https://station.example/v/2")
    async with town() as place:
        await place.made.send(call(""), (Medium(1, "photo", "image/jpeg", photo_bytes()),))
        await place.made.send(call("走失\ud800\x07"), (film,))
        texts = [task.seen.text for task in place.api.tasks.values()]
    assert texts == ["", "走失"]
