"""wechatpy (微信库) under one name, whichever of its two kept versions is installed.

1.8 calls the enterprise package `enterprise`, 2.0 calls it `work`. Its loggers, and those of the libraries below it,
would write addresses, which hold tokens: they are kept quiet here.
"""

import logging
from typing import Any

import wechatpy
from wechatpy.client import WeChatClient as OfficialClient
from wechatpy.crypto import PrpCrypto as OfficialCrypto
from wechatpy.events import EVENT_TYPES as OFFICIAL_EVENTS
from wechatpy.exceptions import WeChatClientException as ClientError
from wechatpy.messages import MESSAGE_TYPES as OFFICIAL_MESSAGES
from wechatpy.messages import BaseMessage
from wechatpy.parser import parse_message as parse_official

try:
    from wechatpy.work import parse_message as parse_corp
    from wechatpy.work.client import WeChatClient as CorpClient
    from wechatpy.work.crypto import PrpCrypto as CorpCrypto
    from wechatpy.work.events import EVENT_TYPES as CORP_EVENTS
    from wechatpy.work.messages import MESSAGE_TYPES as CORP_MESSAGES
except ImportError:
    from wechatpy.enterprise import parse_message as parse_corp
    from wechatpy.enterprise.client import WeChatClient as CorpClient
    from wechatpy.enterprise.crypto import PrpCrypto as CorpCrypto
    from wechatpy.enterprise.events import EVENT_TYPES as CORP_EVENTS
    from wechatpy.enterprise.messages import MESSAGE_TYPES as CORP_MESSAGES

__all__ = [
    "CORP_EVENTS",
    "CORP_MESSAGES",
    "OFFICIAL_EVENTS",
    "OFFICIAL_MESSAGES",
    "VERSION",
    "BaseMessage",
    "ClientError",
    "CorpClient",
    "CorpCrypto",
    "OfficialClient",
    "OfficialCrypto",
    "parse_corp",
    "parse_official",
]

VERSION: str = wechatpy.__version__
Message = Any
"""A message as wechatpy reads it; its fields are converted when they are read, and may raise then."""

for _name in ("wechatpy", "requests"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# It warns about odd headers with the whole address.
logging.getLogger("urllib3").setLevel(logging.ERROR)
