"""docs/access.md as the matrix of roles and commands has it: `python -m tests.support.access_page` writes it anew."""

from pathlib import Path

from handlers.dialogue import access, command, kinds
from handlers.dialogue.access import Rule
from storage.people import Role

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
HEAD = """# Who may do what

Whoever has no row here is refused, and told kindly who may. A role counts in its own area and in everything below it;
an action that touches a record asks again with that record's area. Written from `MATRIX` in
`handlers/dialogue/access.py` by `python -m tests.support.access_page`; a test fails where it is behind.

| 命令 | also said | who | where |
|---|---|---|---|
"""
OPENED = """
Where the record named is of such a kind, the row of another word opens this one, too (`opened_by` of its `KIND`); the
record's own rules say whose it is: a helper ends what they claimed, whoever wished something opens it again;
who told of anything else hears what to say instead.

| 命令 | of records | also by the row of |
|---|---|---|
"""


def page() -> str:
    """The page."""
    opened = [
        f"| {word} | {kind.letters} | {by} |\n"
        for kind in kinds.all_kinds().values()
        for word, by in kind.opened_by.items()
    ]
    return HEAD + "".join(_row(word, rule) for word, rule in access.MATRIX.items()) + OPENED + "".join(opened)


def _row(word: str, rule: Rule) -> str:
    aliases = "、".join(command.all_commands()[word].aliases)
    who = "everybody" if rule.roles == access.EVERYONE else "、".join(role for role in Role if role in rule.roles)
    where = {access.ANYWHERE: "anywhere", access.PRIVATE: "privately", access.TEAM_CHATS: "team groups, privately"}
    chats = where.get(rule.chats) or "、".join(sorted(rule.chats))
    return f"| {word} | {aliases} | {who} | {chats} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
