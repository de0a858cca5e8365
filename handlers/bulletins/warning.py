"""预警: a warning of theft, fire, flood, drugs, weather, traffic; in one line or question by question."""

from handlers.bulletins import fraud
from handlers.bulletins.views import Office
from handlers.dialogue.command import Command
from handlers.dialogue.message import Incoming
from handlers.dialogue.say import Say
from handlers.dialogue.scene import Actor
from handlers.reading import intent
from storage.bulletins import BulletinKind


def warning(office: Office, actor: Actor, rest: str, media: list[int], message: Incoming) -> list[Say]:
    """预警 今晚有暴雨，河边的人请撤离; alone it asks question by question."""
    return fraud.in_one_line(office, actor, BulletinKind.WARNING, rest, media, message)


COMMAND = Command("预警", warning, latin="warning", bare=intent.warning, private=True, rank=21)
