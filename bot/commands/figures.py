"""`wangge weekly import`: figures the program cannot know (警情, 电诈 …) from CSV or XLSX files, all or nothing."""

from collections.abc import Sequence
from pathlib import Path

from bot.cannot import CannotDo
from bot.commands.chosen import chosen
from bot.worlds import open_world
from handlers.dialogue.access import Refusal
from handlers.weekly import entering
from jobs import sheets


def import_figures(files: Sequence[Path], world: str | None, config: Path | None, *, replace: bool) -> list[str]:
    """Enter the figures of these files, and tell how many; raises CannotDo naming bad lines, or what stands already."""
    place = chosen(world, config)
    tables = [_lines(file) for file in files]
    opened = open_world(place.kind, place.url, place.key_file, settings=place.settings)
    now, count = opened.now(), 0
    try:
        with opened.db.write() as session:
            teller = entering.operator(session)
            for file, lines in zip(files, tables, strict=True):
                told = entering.rows_of(session, opened.station, lines)
                try:
                    some = entering.checked(session, teller, opened.station, told, now)
                except Refusal as refusal:
                    raise CannotDo(f"{file}：{opened.words.render(refusal.text)}") from None
                fresh = [one for one in some if not one.same]
                replaced = [one for one in fresh if one.was is not None]
                if replaced and not replace:
                    shown = "\n".join(map(opened.words.render, entering.lines_of(replaced, now)))
                    raise CannotDo(f"{file} 里有 {len(replaced)} 项会替换已经录的数，要替换请加 --replace。\n{shown}")
                count += len(entering.keep(session, teller, fresh, now))
    finally:
        opened.db.close()
    return [f"{place.name}：已录入 {count} 项。 Entered: {count} figures."]


def _lines(file: Path) -> str:
    try:
        return sheets.lines_of(file.read_bytes())
    except OSError as error:
        raise CannotDo(f"读不了 {file}（{error.strerror}），请检查路径。") from None
    except sheets.NoSheet:
        raise CannotDo(f"{file} 不是表格，请在表格软件里另存为 CSV（UTF-8）或 xlsx。") from None
