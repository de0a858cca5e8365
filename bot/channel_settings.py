"""Settings of the channels (渠道的设置): one section a channel, off as long as what it needs is empty."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from bot.sections import Section, wrong
from bot.setting_types import (
    AesKey,
    BotToken,
    CallbackToken,
    HttpUrl,
    Lines,
    ProxyUrl,
    RobotGroups,
    SocketUrl,
    WebhookSecret,
)

WECOM = "https://qyapi.weixin.qq.com"
OFFICIAL = "https://api.weixin.qq.com"
PROXY = '应写 http:// 或 socks5:// 开头的代理地址，不用就写 ""'
SECRET_MEND = '应写后台里的 Secret，不用就写 ""'  # noqa: S105 - a sentence
TOKEN_MEND = '应写回调设置里的 Token（英文字母和数字，最多 32 个），不用就写 ""'  # noqa: S105 - a sentence
AES_MEND = '应写回调设置里的 EncodingAESKey（43 个英文字母和数字），不用就写 ""'


class ChannelSection(Section):
    """The settings of a channel that reaches real people."""

    @property
    def on(self) -> bool:
        """Whether the channel is meant to be used."""
        return False


class Telegram(ChannelSection):
    """The Telegram channel; off as long as the token is empty."""

    token: BotToken = Field(SecretStr(""), description='应写 BotFather 给的令牌（数字:字母），不用就写 ""')
    mode: Literal["polling", "webhook"] = Field("polling", description="应写 polling 或 webhook")
    webhook_url: HttpUrl = Field("", description="应写 https:// 开头的公网地址")
    webhook_secret: WebhookSecret = Field(SecretStr(""), description="应由英文字母、数字、_ 和 - 组成，最多 256 个字符")
    api_base_url: HttpUrl = Field(
        "https://api.telegram.org", min_length=1, description="应写 http 地址，例如 https://api.telegram.org"
    )
    api_file_url: HttpUrl = Field("", description='应写 http 地址，与 api_base_url 相同就写 ""')
    proxy: ProxyUrl = Field("", repr=False, description='应写 http:// 或 socks5:// 开头的代理地址，不用就写 ""')

    @property
    def on(self) -> bool:
        """Whether there is a bot to be."""
        return bool(self.token.get_secret_value())

    @property
    def methods_url(self) -> str:
        """The address before the token when a Bot API method is called."""
        return f"{self.api_base_url}/bot"

    @property
    def files_url(self) -> str:
        """The address before the token when a file is fetched."""
        return f"{self.api_file_url or self.api_base_url}/file/bot"

    @model_validator(mode="after")
    def _webhook_complete(self) -> Self:
        if self.mode == "webhook":
            if not self.webhook_url.startswith("https://"):
                raise wrong("webhook_url", "在 webhook 方式下必须写 https:// 开头的公网地址")
            if not self.webhook_secret.get_secret_value():
                raise wrong("webhook_secret", "在 webhook 方式下必须写一串自定的英文字母和数字")
        return self


class Wecom(Section):
    """The corp (企业微信) that the WeCom channels share, and how it is reached."""

    corp_id: str = Field(
        "", max_length=64, pattern=r"^[A-Za-z0-9_-]*$", description='应写企业 ID（ww 开头），不用就写 ""'
    )
    api_base_url: HttpUrl = Field(WECOM, min_length=1, description=f"应写 http 地址，例如 {WECOM}")
    proxy: ProxyUrl = Field("", repr=False, description=PROXY)


class WecomAibot(ChannelSection):
    """The WeCom AI bot (智能机器人): hears mentions in groups of one corp; off as long as `bot_id` is empty."""

    bot_id: str = Field("", max_length=128, description='应写智能机器人的 BotID，不用就写 ""')
    secret: SecretStr = Field(SecretStr(""), description='应写长连接的 Secret，不用就写 ""')
    names: Lines = Field((), description='应写机器人在群里的名字，例如 ["网格助手"]')
    mode: Literal["socket", "callback"] = Field("socket", description="应写 socket 或 callback")
    socket_url: SocketUrl = Field(
        "wss://openws.work.weixin.qq.com", min_length=1, description="应写 wss:// 开头的长连接地址"
    )
    token: CallbackToken = Field(SecretStr(""), description=TOKEN_MEND)
    aes_key: AesKey = Field(SecretStr(""), description=AES_MEND)

    @property
    def on(self) -> bool:
        """Whether there is a bot to be."""
        return bool(self.bot_id)

    @model_validator(mode="after")
    def _mode_complete(self) -> Self:
        if self.on and self.mode == "socket" and not self.secret.get_secret_value():
            raise wrong("secret", "在 socket 方式下必须写长连接的 Secret")
        if self.on and self.mode == "callback":
            if not self.token.get_secret_value():
                raise wrong("token", "在 callback 方式下必须写回调设置里的 Token")
            if not self.aes_key.get_secret_value():
                raise wrong("aes_key", "在 callback 方式下必须写回调设置里的 EncodingAESKey")
        return self


class WecomRobot(ChannelSection):
    """Push webhooks of WeCom groups (消息推送): speaks only; off as long as there is no group."""

    groups: RobotGroups = Field((), repr=False, description='应写“群名=key”的列表，例如 ["大侯村网格群=0a1b…"]')
    api_base_url: HttpUrl = Field(WECOM, min_length=1, description=f"应写 http 地址，例如 {WECOM}")
    proxy: ProxyUrl = Field("", repr=False, description=PROXY)

    @property
    def on(self) -> bool:
        """Whether there is a group to speak to."""
        return bool(self.groups)


class WecomApp(ChannelSection):
    """A self-built WeCom app (自建应用): private talk with members, duty groups; off as long as `secret` is empty."""

    agent_id: int = Field(0, ge=0, description="应写应用的 AgentId（一个整数）")
    secret: SecretStr = Field(SecretStr(""), description=SECRET_MEND)
    token: CallbackToken = Field(SecretStr(""), description=TOKEN_MEND)
    aes_key: AesKey = Field(SecretStr(""), description=AES_MEND)

    @property
    def on(self) -> bool:
        """Whether there is an app."""
        return bool(self.secret.get_secret_value())

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.on and not self.agent_id:
            raise wrong("agent_id", "必须写应用的 AgentId（一个整数）")
        if self.on and not (self.token.get_secret_value() and self.aes_key.get_secret_value()):
            raise wrong("token", "要和 aes_key 一起写，它们在应用的“接收消息”一页里")
        return self


class OfficialAccount(ChannelSection):
    """An official account (公众号): residents' private line; off as long as `app_id` is empty."""

    app_id: str = Field(
        "", max_length=64, pattern=r"^[A-Za-z0-9_-]*$", description='应写公众号的 AppID（wx 开头），不用就写 ""'
    )
    secret: SecretStr = Field(SecretStr(""), description='应写公众号的 AppSecret，不用就写 ""')
    token: CallbackToken = Field(SecretStr(""), description=TOKEN_MEND)
    aes_key: AesKey = Field(SecretStr(""), description='应写 EncodingAESKey（43 个英文字母和数字），明文模式就写 ""')
    template_id: str = Field("", max_length=128, description='应写模板消息或订阅通知的模板 ID，不用就写 ""')
    template_kind: Literal["template", "subscribe"] = Field("template", description="应写 template 或 subscribe")
    template_field: str = Field(
        "thing1", max_length=32, pattern=r"^[A-Za-z_]+[0-9]*$", description="应写模板里放文字的字段名，例如 thing1"
    )
    api_base_url: HttpUrl = Field(OFFICIAL, min_length=1, description=f"应写 http 地址，例如 {OFFICIAL}")
    proxy: ProxyUrl = Field("", repr=False, description=PROXY)

    @property
    def on(self) -> bool:
        """Whether there is an account."""
        return bool(self.app_id)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.on and not self.secret.get_secret_value():
            raise wrong("secret", "必须写公众号的 AppSecret")
        if self.on and not self.token.get_secret_value():
            raise wrong("token", "必须写“服务器配置”里的 Token")
        return self


class CustomerGroup(ChannelSection):
    """Customer groups (客户群): notices as tasks a member confirms; off as long as `secret` is empty."""

    secret: SecretStr = Field(SecretStr(""), description='应写“客户联系”可调用接口的应用的 Secret，不用就写 ""')
    senders: Lines = Field((), description='应写成员账号的列表，例如 ["zhangsan"]；空着就是所有人的客户群')

    @property
    def on(self) -> bool:
        """Whether customer groups may be used."""
        return bool(self.secret.get_secret_value())


class Relay(ChannelSection):
    """The relay (人工转发) into ordinary WeChat groups: a worker forwards by hand what the bot hands over."""

    enabled: bool = Field(False, description="应写 true 或 false")

    @property
    def on(self) -> bool:
        """Whether workers may be asked to forward."""
        return self.enabled
