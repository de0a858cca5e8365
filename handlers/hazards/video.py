"""视频巡查: the address at which the station's own cameras are watched; nothing of it is shown or kept here."""

from handlers.dialogue.command import Command
from handlers.dialogue.say import Say, say
from handlers.dialogue.world import Station
from handlers.reading import intent


def video(station: Station) -> Say:
    """视频巡查."""
    return say("hazards.video", link=station.video) if station.video else say("hazards.no_video")


COMMAND = Command("视频巡查", video, bare=intent.nothing, private=True, rank=0)
