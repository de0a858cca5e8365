"""`wangge story`: a day in the sample county tells itself, in the browser or line by line."""

import asyncio
from pathlib import Path

from bot import logs
from bot.app import tell
from bot.settings import load_settings
from bot.story import script, stage


def main(file: Path | None, speed: float, show: bool, config: Path | None) -> None:
    """Tell a story until it is over (`show`) or somebody stops the program; raises CannotDo or SettingsError."""
    settings = load_settings(config)
    logs.set_up("WARNING", settings.logs.format)
    told = script.read(file or stage.of_the_county())
    if show:
        asyncio.run(stage.print_only(told, speed, tell))
        return

    async def serve() -> None:
        await stage.StoryApp(settings, told, speed).run()

    asyncio.run(serve())
