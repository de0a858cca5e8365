"""wechatpy under one name, whichever of its two kept versions is there; nothing below it writes addresses."""

import logging
import os
import subprocess
import sys

from bot.channels.tencent import library


def test_the_version_meant_is_the_one_tested() -> None:
    assert os.environ.get("TRIED_WECHATPY", "1.8.18") == library.VERSION


def test_both_families_are_read() -> None:
    for events, parse in ((library.CORP_EVENTS, library.parse_corp), (library.OFFICIAL_EVENTS, library.parse_official)):
        assert "subscribe" in events
        message = parse("<xml><MsgType>text</MsgType><MsgId>9</MsgId><Content>好</Content></xml>")
        assert (message.type, message.id, message.content) == ("text", 9, "好")


def test_the_libraries_below_are_quiet() -> None:
    for name in ("wechatpy", "requests", "urllib3", "urllib3.connectionpool"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)


def test_it_imports_without_a_warning() -> None:
    program = "import bot.channels.tencent.client, bot.channels.tencent.callback"
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
