"""The command line: `wangge run | story | worker | check | say | parse | mask | people | weekly`, and the databases."""

import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

WRONG = 2
"""Exit code where the command can't be done as asked; `check` exits with 1 where it found something."""

app = typer.Typer(
    name="wangge",
    help="网格：网格群里的机器人。The bot of a grid's chat groups.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
people = typer.Typer(help="人员。People.", no_args_is_help=True, rich_markup_mode=None)
weekly = typer.Typer(help="周报。The weekly figures.", no_args_is_help=True, rich_markup_mode=None)
db = typer.Typer(help="数据库。The database.", no_args_is_help=True, rich_markup_mode=None)
audit = typer.Typer(help="审计。The audit chain.", no_args_is_help=True, rich_markup_mode=None)
wecom = typer.Typer(help="企业微信。WeCom.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(people, name="people")
app.add_typer(weekly, name="weekly")
app.add_typer(wecom, name="wecom")
app.add_typer(db, name="db")
app.add_typer(audit, name="audit")

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="设置文件，不写就用当前文件夹的 config.toml。The settings file."),
]
Now = Annotated[
    str | None,
    typer.Option("--now", metavar="ISO", help="当作现在的时间，例如 2026-11-18T10:20:00+08:00。The moment to play."),
]
World = Annotated[
    str | None,
    typer.Option("--world", metavar="real|playground|drill", help="哪个世界，不写就用正在启用的。Which world."),
]


@app.command()
def run(
    drill: Annotated[
        bool, typer.Option("--drill", help="只打开演练，不接任何真实群。A drill alone, no real group.")
    ] = False,
    config: Config = None,
) -> None:
    """运行：接通群和演练场，Ctrl-C 停止。Serve the channels and the playground."""
    from bot.app import main as serve

    serve(config, drill=drill)


@app.command()
def story(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="别的故事，不写就演样例县的一天。Another script.")
    ] = None,
    speed: Annotated[
        float, typer.Option("--speed", min=0, help="快慢：1 看得清，3 快三倍，0 不停顿。How fast; 0 without pauses.")
    ] = 1.0,
    show: Annotated[
        bool, typer.Option("--print", help="不开网页，打印每一句，演完就结束。Print it and end, no page.")
    ] = False,
    config: Config = None,
) -> None:
    """故事：样例县的一天，在浏览器里自己演给您看。A day in the county plays itself in the browser."""
    from bot.commands.story import main as told

    told(file, speed, show, config)


@app.command()
def worker(config: Config = None) -> None:
    """帮工：在集群里分担真实群的活，不开网页，Ctrl-C 停止。Share the work of a cluster; no pages, nothing heard."""
    from bot.commands.worker import main as share

    share(config)


@app.command()
def check(config: Config = None) -> None:
    """体检：逐项检查，有问题就说怎么办。Look for what is wrong and say how to mend it."""
    from bot.doctor import examine

    findings = examine(config)
    _print(finding.line for finding in findings)
    raise typer.Exit(0 if all(finding.fine for finding in findings) else 1)


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="要说的话。What is said.")] = "",
    who: Annotated[str, typer.Option("--as", metavar="NAME", help="谁说，例如 网格员甲。Who says it.")] = "居民甲",
    chat: Annotated[
        str | None, typer.Option("--in", metavar="CHAT", help="在哪个群说，不写就是私聊。In which group.")
    ] = None,
    now: Now = None,
    photo: Annotated[
        Path | None, typer.Option("--photo", metavar="FILE", help="一起发的照片。A photo sent along.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="撤下的消息和短回答也显示，多一项 what。Deletions and short answers, too.")
    ] = False,
    config: Config = None,
) -> None:
    """说一句：在当前文件夹的样例县里说一句话，看机器人发出什么。Play one message; prints JSON lines."""
    from bot.commands.say import say as played

    _print(played(who, chat, text, now, photo, everything, config))


@app.command()
def parse(
    text: Annotated[str, typer.Argument(help="要读的话。What is to be read.")],
    now: Now = None,
    config: Config = None,
) -> None:
    """读一句：看机器人怎样理解一句话。How a sentence is read; prints one JSON object."""
    from bot.commands.parse import parse as parsed

    _print([parsed(text, now, config)])


@app.command()
def mask(
    team: Annotated[
        bool, typer.Option("--team", help="按工作群遮（留到楼栋），不写就按居民群。As a team's group sees it.")
    ] = False,
    config: Config = None,
) -> None:
    """遮一遮：把标准输入逐行遮掉证件号、电话、卡号、车牌、门牌、坐标。Mask the standard input, line by line."""
    from bot.commands.mask import mask as masked

    for line in masked(sys.stdin.buffer, team, config):
        _print([line])


@people.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="区域、人员或群的 CSV 表。CSV files.")],
    world: World = None,
    config: Config = None,
) -> None:
    """导入：区域、人员、群，有一行不对就一行也不导入。Import areas, people, chats; all or nothing."""
    from bot.commands.people import import_files

    _print(import_files(files, world, config))


@people.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="姓名。The name.")],
    number: Annotated[int, typer.Argument(metavar="[N]", help="同名的第几位。Which of several.")] = 0,
    world: World = None,
    config: Config = None,
) -> None:
    """收回权限：手机丢了、人走了，马上停用。Take somebody's roles away, at once."""
    from bot.commands.people import revoke as revoked

    _print(revoked(name, number, world, config))


@weekly.command("import")
def import_weekly(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="CSV 或 xlsx 表。CSV or XLSX files.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="替换已经录的数。Replace what was entered before.")
    ] = False,
    world: World = None,
    config: Config = None,
) -> None:
    """录入外来的数：警情、电诈……每行写 项目,数,来源[,地区[,周]]。Enter figures of elsewhere; all or nothing."""
    from bot.commands.figures import import_figures

    _print(import_figures(files, world, config, replace=replace))


@wecom.command()
def group(
    name: Annotated[str, typer.Argument(help="群名。The group's name.")],
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="群主的账号。The owner's user id.")],
    members: Annotated[list[str], typer.Argument(metavar="USERID…", help="成员的账号。User ids of the members.")],
    config: Config = None,
) -> None:
    """值班群：由应用建一个群，机器人往里发通知。Let the WeCom app make a duty group."""
    from bot.commands.wecom import group as made

    _print(made(name, owner, members, config))


@db.command()
def upgrade(world: World = None, config: Config = None) -> None:
    """升级：把数据库升到本程序的版本。Bring the database up to date."""
    from bot.commands.db import upgrade as upgraded

    _print(upgraded(world, config))


@db.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="备份到哪个文件。The file to write.")] = None,
    world: World = None,
    config: Config = None,
) -> None:
    """备份：数据和数据密钥分成两个文件。Back up the data and, apart, the wrapped keys."""
    from bot.commands.db import backup as backed_up

    _print(backed_up(file, world, config))


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(help="备份文件。The backup.")],
    world: World = None,
    config: Config = None,
) -> None:
    """恢复：把备份放回空的数据库。Put a backup back into an empty database."""
    from bot.commands.db import restore as restored

    _print(restored(file, world, config))


@db.command()
def move(
    target: Annotated[
        str, typer.Argument(metavar="URL", help="搬到哪里，例如 postgresql://用户:密码@主机/库名。Where.")
    ],
    world: World = None,
    config: Config = None,
) -> None:
    """搬迁：搬到另一个空数据库（SQLite 或 PostgreSQL），逐行核对。Move into another, empty database."""
    from bot.commands.db import move as moved

    _print(moved(target, world, config, lambda line: _print([line])))


@audit.command()
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option("--anchor", metavar="COUNT:HASH", help="管理员群里的存证。An anchor you kept."),
    ] = None,
    world: World = None,
    config: Config = None,
) -> None:
    """核对：审计链有没有被改动，有就说是第几条，退出码 1。Whether the chain is whole."""
    from bot.commands.audit import verify as verified

    lines, whole = verified(anchor or [], world, config)
    _print(lines)
    raise typer.Exit(0 if whole else 1)


@audit.command()
def export(
    file: Annotated[Path, typer.Argument(help="写到哪个文件。The file to write.")],
    world: World = None,
    config: Config = None,
) -> None:
    """导出：给独立核对程序用，里面没有姓名和内容。For the stand-alone verifier; names nobody."""
    from bot.commands.audit import export as exported

    _print(exported(file, world, config))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the command line; what goes wrong in a known way is one sentence on the error output."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except Exception as error:
        sentence = _known(error)
        if sentence is None:
            raise
        sys.stderr.write(f"{sentence}\n")
        sys.exit(WRONG)


def _known(error: Exception) -> str | None:
    """The sentence of an error people can mend; None for one that is the program's own fault."""
    from bot.cannot import CannotDo

    if isinstance(error, CannotDo):
        return str(error)
    settings = sys.modules.get("bot.settings")
    if settings is not None and isinstance(error, settings.SettingsError):
        return str(error)
    sqlalchemy = sys.modules.get("sqlalchemy.exc")
    if sqlalchemy is not None and isinstance(error, sqlalchemy.SQLAlchemyError):
        from bot.cannot import unreachable

        return unreachable("数据库", error)
    return None


if __name__ == "__main__":
    main()
