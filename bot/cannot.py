"""What can't be done (办不到): one sentence for whoever runs the program, with the mend."""

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError


class CannotDo(Exception):
    """What was asked can't be done; the text is one Chinese sentence with the mend, no secrets."""


def where(url: str) -> str:
    """A database as people may be told of it: the file, or its name; never a password."""
    if url.startswith("sqlite:///"):
        return f"数据库 {url.removeprefix('sqlite:///')}"
    return f"PostgreSQL 数据库 {make_url(url).database}"


def unreachable(place: str, error: SQLAlchemyError) -> str:
    """One sentence for a database that fails; the driver's own text may hold secrets and is left out."""
    said = str(getattr(error, "orig", "") or "")
    if "locked" in said:
        return f"{place} 正被别的程序占用，请过一会儿再试。"
    if "full" in said:
        return f"{place} 所在的磁盘满了，请清理后再试。"
    if "not a database" in said or "malformed" in said:
        return f"{place} 不是可用的数据库文件，请换一个，或放回备份。"
    return f"{place} 连不上或打不开，请检查地址、权限和数据库是否在运行。"
