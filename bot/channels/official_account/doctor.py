"""What `wangge check` looks at for a 公众号: the secret, the IP list, what the account may do, the template.

The token comes from `stable_token`, so that a check takes no running bot's token away; the menu is asked for since
an account without the right to it has none to customer messages either.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import httpx

from bot.channel_settings import OfficialAccount
from bot.channels.official_account.callback import PATH
from bot.channels.official_account.errors import UNAUTHORIZED
from bot.finding import Finding

PATIENCE: Final = 10.0
NOT_TRUSTED: Final = 40164
WRONG_ID: Final = frozenset({40013, 41002})
WRONG_SECRET: Final = frozenset({40001, 40125, 41004})
ADDRESS: Final = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
LISTS: Final = {
    "template": ("/cgi-bin/template/get_all_private_template", "template_list", "template_id"),
    "subscribe": ("/wxaapi/newtmpl/gettemplate", "data", "priTmplId"),
}
"""Where the templates of a kind are listed: path, name of the list, name of an id in it."""


def look(settings: OfficialAccount) -> Iterator[Finding]:
    """Findings by two or three harmless calls; nothing the platform says is shown but this machine's address."""
    told = {
        "grant_type": "client_credential",
        "appid": settings.app_id,
        "secret": settings.secret.get_secret_value(),
    }
    with httpx.Client(
        base_url=settings.api_base_url, proxy=settings.proxy or None, timeout=PATIENCE, trust_env=False
    ) as client:
        answer = _asked(client, "POST", "/cgi-bin/stable_token", json=told)
        token = answer.get("access_token") if answer is not None else None
        if isinstance(token, str):
            yield Finding(True, "公众号的 AppID 和 AppSecret official account")
            yield from _rights(client, token)
            yield from _template(client, token, settings)
        else:
            yield _no_token(answer)
    mode = "安全模式（或兼容模式）" if settings.aes_key.get_secret_value() else "明文模式"
    yield Finding(True, "公众号只能和居民一对一说话，没有群；居民说话后 48 小时内才能回 private talk only")
    where = f"公众号后台“服务器配置”里，地址应填 https://本单位的域名{PATH}，方式选{mode}，并且已启用 callback"
    yield Finding(True, where)


def _asked(client: httpx.Client, method: str, path: str, **options: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """The platform's answer; None where there is none that reads like it."""
    try:
        said = client.request(method, path, **options).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return said if isinstance(said, dict) else None


def _no_token(answer: dict[str, Any] | None) -> Finding:
    if answer is None:
        mend = "请检查网络；要经过代理请写 [official_account] proxy"
        return Finding(False, "连不上公众号平台 unreachable", mend)
    code = answer.get("errcode")
    if code == NOT_TRUSTED:
        ours = ADDRESS.search(str(answer.get("errmsg", "")))
        mend = f"请在公众号后台“基本配置”的 IP 白名单里加上{'：' + ours.group() if ours else '本机的出口地址'}"
        return Finding(False, "公众号平台不认本机的地址 IP not trusted", mend)
    if code in WRONG_ID:
        mend = "请照后台“基本配置”一页改 [official_account] app_id（wx 开头）"
        return Finding(False, "公众号的 AppID 不对 app id refused", mend)
    if code in WRONG_SECRET:
        mend = "请在后台“基本配置”一页重置 AppSecret，写进 [official_account] secret"
        return Finding(False, "公众号的 AppSecret 不对 secret refused", mend)
    return Finding(False, f"公众号平台不给令牌（{code}）no token", "请过几分钟再查；一直这样，请查公众号是否被限制")


def _rights(client: httpx.Client, token: str) -> Iterator[Finding]:
    answer = _asked(client, "GET", "/cgi-bin/menu/get", params={"access_token": token})
    yield Finding(
        answer is not None and answer.get("errcode") != UNAUTHORIZED,
        "公众号可以用客服消息和自定义菜单 may answer",
        "请先完成微信认证（服务号最好）：没有认证的订阅号收得到话，却回不了话",
    )


def _template(client: httpx.Client, token: str, settings: OfficialAccount) -> Iterator[Finding]:
    if not settings.template_id:
        yield Finding(True, "没有写 template_id：48 小时没来说话的人，要等他再来说话才看得到进展 no template")
        return
    path, name, key = LISTS[settings.template_kind]
    answer = _asked(client, "GET", path, params={"access_token": token}) or {}
    listed = answer.get(name)
    known = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    found = next((one for one in known if one.get(key) == settings.template_id), None)
    content = str(found.get("content", "")) if found is not None else ""
    fields = set(re.findall(r"\{\{(\w{1,64})\.DATA\}\}", content))
    yield Finding(
        found is not None, "公众号的模板 template", "请照“模板消息”或“订阅通知”一页改 template_id、template_kind"
    )
    if found is not None:
        yield Finding(
            fields == {settings.template_field},
            f"模板的字段 {'、'.join(sorted(fields))} template field",
            "请选只有一个文字字段（例如 thing1）的模板，并把字段名写进 template_field",
        )
