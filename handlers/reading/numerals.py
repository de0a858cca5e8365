"""Signs and numbers as people type them: full width, traditional characters, Chinese numerals."""

from typing import Final

_FULL_WIDTH: Final = {chr(0xFF10 + i): str(i) for i in range(10)} | {
    "：": ":",
    "﹕": ":",
    "∶": ":",
    "．": ".",
    "－": "-",
    "–": "-",
    "—": "-",
    "―": "-",
    "～": "~",
    "〜": "~",
    "／": "/",
    "　": " ",
    "（": "(",
    "）": ")",
    "，": ",",
    "％": "%",
}
_TRADITIONAL: Final = (
    "點点後后週周兩两鐘钟鍾钟時时號号內内個个禮礼過过現现剛刚馬马從从開开淩凌裡里裏里間间幾几這这國国慶庆節节陽阳"
    "陰阴臘腊農农勞劳動动聖圣誕诞師师兒儿婦妇萬万歲岁樓楼單单門门線线還还餘余約约滿满黃黄為为廣广場场來来見见丟丢"
    "盜盗竊窃發发報报聽听騙骗離离沒没別别記记會会預预準准備备業业學学車车機机庫库廳厅櫃柜倉仓館馆廠厂燈灯橋桥棟栋"
    "纔才倆俩戶户臺台區区鋪铺電电監监攝摄層层數数議议長长圓元塊块遲迟終终於于當当"
)
_SAME_LENGTH: Final = str.maketrans(
    _FULL_WIDTH | {"仨": "三"} | dict(zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True)) | {"○": "〇"}
)
_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2}
_TENS: Final = {"廿": 2, "卅": 3}

DIGIT_CHARS: Final = "零〇一二两三四五六七八九"
NUMBER_CHARS: Final = DIGIT_CHARS + "十廿卅百"


def plain(text: str) -> str:
    """Return `text` with every sign replaced by its plain one, character by character.

    The result has the length of `text`, so positions in it are positions in the original.
    """
    return text.translate(_SAME_LENGTH)


def number(text: str) -> int | None:
    """Read a whole number up to 9999 written in digits or Chinese numerals (十二, 二十五, 一百二, 二〇二六).

    Two neighbouring numerals that rise by one are an estimate (七八点, 两三天): the first counts.
    Returns None for what is no number.
    """
    if text.isascii():
        return int(text) if text.isdigit() and len(text) <= 4 else None
    if not text or len(text) > 6:
        return None
    if all(c in _DIGITS for c in text):
        return _row_of_digits([_DIGITS[c] for c in text])
    total, last, unit = 0, None, 1
    for c in text:
        if c in _DIGITS:
            last = _DIGITS[c]
            unit = 1 if last == 0 else unit
        elif c in "十廿卅":
            if last is not None and c in _TENS:
                return None
            total += _TENS.get(c, 1 if last is None or last == 0 else last) * 10
            last, unit = None, 1
        elif c == "百" and last:
            total += last * 100
            last, unit = None, 10
        else:
            return None
    return total + (last or 0) * unit


def _row_of_digits(digits: list[int]) -> int | None:
    if len(digits) == 1:
        return digits[0]
    if len(digits) == 2 and digits[0] + 1 == digits[1] and digits[0] > 0:
        return digits[0]
    if len(digits) == 2 and digits[0] == 0:
        return digits[1]
    if len(digits) == 4:
        return int("".join(map(str, digits)))
    return None
