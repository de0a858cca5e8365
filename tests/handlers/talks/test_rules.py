"""Notes of an evening talk as they are typed, and what is to become of one."""

import pytest

from handlers.talks import rules
from handlers.talks.rules import OfNote


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("第2条 心愿", OfNote(2, "心愿")),
        ("2转诉求", OfNote(2, "诉求")),
        ("第１２条 隐患", OfNote(12, "隐患")),
        ("第3条 删除", OfNote(3, "删")),
        ("村里有两条心愿", None),
        ("3号楼有隐患没人管", None),
        ("心愿", None),
    ],
)
def test_what_is_to_become_of_a_note(words: str, meant: OfNote | None) -> None:
    assert rules.of_note(words) == meant


def test_one_note_a_line() -> None:
    assert rules.notes_in("1、路灯不亮\n\n- 想装健身器材\n2024年修的路坏了") == [
        "路灯不亮",
        "想装健身器材",
        "2024年修的路坏了",
    ]
    assert rules.notes_in("想修收音机；下街路灯不亮; 3、两家吵架") == ["想修收音机", "下街路灯不亮", "两家吵架"]
