"""The roster (花名册): who can be played and which groups they see, read from the sample county's tables."""

from dataclasses import dataclass
from pathlib import Path

from handlers.membership import importing

SHOWN_FIRST = ("大侯村居民群", "大侯村网格群", "派出所警务群")


@dataclass(frozen=True, slots=True)
class PlayPerson:
    """Somebody to be; `id` stands for them in addresses, so that no name does."""

    id: str
    name: str
    role: str
    area: str


@dataclass(frozen=True, slots=True)
class PlayGroup:
    """A group and the names of those in it; `kind` as in `storage.chats.ChatKind`."""

    id: str
    name: str
    kind: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody and every group of a county, in the order of its tables."""

    people: tuple[PlayPerson, ...]
    groups: tuple[PlayGroup, ...]

    def person(self, person_id: str) -> PlayPerson | None:
        """The person an address means."""
        return next((person for person in self.people if person.id == person_id), None)

    def group(self, group_id: str) -> PlayGroup | None:
        """The group an address means."""
        return next((group for group in self.groups if group.id == group_id), None)

    def first_shown(self) -> list[str]:
        """Ids of the three groups shown side by side to begin with."""
        wanted = [group.id for name in SHOWN_FIRST for group in self.groups if group.name == name]
        others = [group.id for group in self.groups if group.id not in wanted]
        return [*wanted, *others][:3]


def read_roster(folder: Path) -> Roster:
    """The roster of a county's `people.csv` and `chats.csv`; raises ImportFailed where columns are missing."""
    people = []
    rows = importing.read_rows((folder / "people.csv").read_text(encoding="utf-8"), importing.PEOPLE_COLUMNS)
    for number, (_line, row) in enumerate(rows, 1):
        first = row["roles"].split(";")[0]
        role, _, area = first.partition("@")
        people.append(PlayPerson(f"p{number}", row["name"], row["title"] or role, area))
    groups = []
    rows = importing.read_rows((folder / "chats.csv").read_text(encoding="utf-8"), importing.CHAT_COLUMNS)
    for number, (_line, row) in enumerate(rows, 1):
        members = tuple(name for name in row["members"].split(";") if name)
        groups.append(PlayGroup(f"g{number}", row["name"], row["kind"], members))
    return Roster(tuple(people), tuple(groups))
