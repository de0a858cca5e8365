"""Texts with a secret in them (密文): numbers, plates, doors, coordinates, in every way people write them.

Nothing of the program is used here: what is written and how it is looked for are worked out anew, so that a fault of
the masker is not shared by its test.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from tests.support.secret_words import CARRIERS, ESTATES, LANES, VILLAGES

READABLE = 5
"""So many neighbouring digits of a long number may be read by nobody."""
ZERO_WIDTH = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e")
DIGITS = "0123456789"
SCRIPTS = {
    "full": "０１２３４５６７８９",
    "chinese": "零一二三四五六七八九",
    "ring": "〇一二三四五六七八九",
    "radio": "洞幺两三四五六拐八勾",
    "bank": "零壹贰叁肆伍陆柒捌玖",
    "bank_old": "零壹貳叁肆伍陸柒捌玖",
    "bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "arabic": "٠١٢٣٤٥٦٧٨٩",
    "ringed": "⓪①②③④⑤⑥⑦⑧⑨",
    "bracketed": "0⑴⑵⑶⑷⑸⑹⑺⑻⑼",
    "raised": "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "dotted": "0⒈⒉⒊⒋⒌⒍⒎⒏⒐",
}
_READ = {character: digit for row in SCRIPTS.values() for digit, character in zip(DIGITS, row, strict=True)}
_READ |= {"〇": "0", "○": "0", "二": "2", "七": "7", "九": "9", "貳": "2", "陸": "6", "參": "3"}
_TENS = re.compile(r"(?:([1-9])百)?(?:([1-9])?十)([1-9])?|([1-9])百(?:0([1-9]))?")


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, its kind and form; what nobody may read in it: `never` in any group, `public` in a public one.

    Long numbers (`never` of at least seven digits) may not be read in part either.
    """

    text: str
    kind: str
    form: str
    never: tuple[str, ...]
    public: tuple[str, ...] = ()
    around: str = ""


def samples(count: int, seed: int) -> Iterator[Sample]:
    """`count` texts, the same ones for the same seed; every kind and form comes up."""
    dice = random.Random(seed)
    kinds = list(KINDS)
    for number in range(count):
        yield KINDS[kinds[number % len(kinds)]](dice)


def leaks(shown: str, sample: Sample, *, public: bool) -> list[str]:
    """What can still be read of the secret in a masked text; `public`: as a public group sees it."""
    wanted = sample.never + (sample.public if public else ())
    read, beside = readable(shown), readable(sample.around)
    found = []
    for secret in wanted:
        pieces = [secret]
        if len(secret) >= 7 and secret.isdecimal():
            pieces = [secret[i : i + READABLE] for i in range(len(secret) - READABLE + 1)]
        found += [piece for piece in pieces if read.count(piece) > beside.count(piece)]
    return found


def readable(text: str) -> str:
    """A text as a stubborn reader sees it: NFKC, numerals as digits, nothing between them; masks are walls."""
    text = "".join(_READ.get(character, character) for character in text)
    text = unicodedata.normalize("NFKC", re.sub(r"〔[^〕]*〕", "｜", text))
    text = "".join(_READ.get(character, character) for character in text)
    text = _TENS.sub(_ten, text).upper()
    return "".join(one for one in text if one == "|" or unicodedata.category(one)[0] in "LN")


def _ten(match: re.Match[str]) -> str:
    hundreds, tens, ones, only_hundreds, rest = match.groups()
    if only_hundreds:
        return str(int(only_hundreds) * 100 + int(rest or 0))
    return str(int(hundreds or 0) * 100 + int(tens or 1) * 10 + int(ones or 0))


# How a number is written

Writer = Callable[[random.Random, str], str]


def _script(name: str) -> Writer:
    return lambda dice, digits: digits.translate(str.maketrans(DIGITS, SCRIPTS[name]))


def _joined(joint: str) -> Writer:
    return lambda dice, digits: joint.join(digits)


def _cut(digits: str, sizes: tuple[int, ...]) -> list[str]:
    pieces, position = [], 0
    for size in sizes:
        pieces.append(digits[position : position + size])
        position += size
    return [piece for piece in (*pieces, digits[position:]) if piece]


GROUPINGS: dict[int, tuple[tuple[int, ...], ...]] = {
    11: ((3, 4, 4), (3, 3, 5), (4, 3, 4), (5, 6), (3, 8), (7, 4)),
    18: ((6, 8, 4), (6, 4, 4, 4), (6, 12), (14, 4)),
    17: ((6, 8, 3), (6, 4, 4, 3)),
    15: ((6, 6, 3), (6, 9)),
    16: ((4, 4, 4, 4),),
    19: ((4, 4, 4, 4, 3), (6, 13)),
    12: ((4, 8), (4, 4, 4)),
    10: ((3, 7),),
}


def _grouped(joints: tuple[str, ...]) -> Writer:
    def write(dice: random.Random, digits: str) -> str:
        sizes = dice.choice(GROUPINGS.get(len(digits), ((len(digits) // 2, len(digits)),)))
        return dice.choice(joints).join(_cut(digits, sizes))

    return write


def _broken(dice: random.Random, digits: str) -> str:
    place = dice.randrange(2, len(digits) - 1)
    return digits[:place] + dice.choice(("\n", "\r\n", " \n", "\n ")) + digits[place:]


def _hidden(dice: random.Random, digits: str) -> str:
    return "".join(one + dice.choice(ZERO_WIDTH) * dice.randrange(0, 4) for one in digits)


def _mixed(dice: random.Random, digits: str) -> str:
    scripts = [DIGITS, *(SCRIPTS[name] for name in ("full", "chinese", "radio", "bank", "ring"))]
    return "".join(dice.choice(scripts)[int(one)] for one in digits)


def _mixed_and_apart(dice: random.Random, digits: str) -> str:
    return dice.choice((" ", "-", ".", "·", "\u200b", "　", ",")).join(_mixed(dice, digits))


def _spoken(dice: random.Random, digits: str) -> str:
    """一百三十八零零一三八零零零: the groups as numbers where one begins with no nought."""
    sizes = (3, 4, 4) if len(digits) == 11 else (2,) * (len(digits) // 2)
    joint = dice.choice((" ", "，") if digits[2] == "0" else ("", " ", "，")) if len(digits) == 11 else ""
    return joint.join("一" * (len(piece) == 2 and piece[0] == "1") + _said(piece) for piece in _cut(digits, sizes))


def _said(piece: str) -> str:
    numerals = SCRIPTS["chinese"]
    if len(piece) == 3 and piece[0] != "0" and piece[1] != "0":
        tail = numerals[int(piece[2])] if piece[2] != "0" else ""
        return f"{numerals[int(piece[0])]}百{numerals[int(piece[1])]}十{tail}"
    if len(piece) == 2 and piece[0] != "0":
        head = "" if piece[0] == "1" else numerals[int(piece[0])]
        return f"{head}十" + (numerals[int(piece[1])] if piece[1] != "0" else "")
    return "".join(numerals[int(one)] for one in piece)


WRITERS: dict[str, Writer] = {
    "plain": lambda dice, digits: digits,
    **{f"script {name}": _script(name) for name in SCRIPTS},
    "spaced": _joined(" "),
    "spaced wide": _joined("　"),
    "dashed": _joined("-"),
    "dotted digits": _joined("."),
    "comma": _joined("，"),
    "stroke": _joined("、"),
    "stars": _joined("*"),
    "dash long": _joined("—"),
    "grouped by blank": _grouped((" ", "  ", "　", "\u00a0")),
    "grouped by dash": _grouped(("-", "－", "—", "–", " - ")),
    "grouped by dot": _grouped((".", "·", "•", "．")),
    "grouped by sign": _grouped(("/", "_", "~", "|", "*", "+", "：", "、", "，", "=")),
    "grouped by line": _grouped(("\n", "\r\n")),
    "broken": _broken,
    "hidden": _hidden,
    "keycaps": lambda dice, digits: "".join(one + "\ufe0f\u20e3" for one in digits),
    "keycaps apart": lambda dice, digits: " ".join(one + "\ufe0f\u20e3" for one in digits),
    "mixed": _mixed,
    "mixed and apart": _mixed_and_apart,
    "chinese apart": lambda dice, digits: dice.choice(" -·、.").join(_script("chinese")(dice, digits)),
    "full apart": lambda dice, digits: dice.choice(" -·．").join(_script("full")(dice, digits)),
    "spoken": _spoken,
}
SHORT_WRITERS = ("plain", "script full", "script chinese", "script bank", "keycaps", "hidden", "script ringed", "mixed")


def _written(dice: random.Random, digits: str) -> tuple[str, str]:
    pairs = len(digits) == 11 or len(digits) % 2 == 0
    form = dice.choice([name for name in WRITERS if pairs or name != "spoken"])
    return WRITERS[form](dice, digits), form


def _short(dice: random.Random, digits: str) -> str:
    """A number of few digits, as a door's."""
    form = dice.choice((*SHORT_WRITERS, "said"))
    if form == "said":
        return _said(digits)
    return WRITERS[form](dice, digits)


def _number(dice: random.Random, length: int) -> str:
    return "".join(dice.choice(DIGITS) for _ in range(length))


def _embed(dice: random.Random, kind: str, form: str, written: str, never: tuple[str, ...], **more: object) -> Sample:
    carrier = dice.choice(CARRIERS[kind] if kind in CARRIERS and dice.random() < 0.6 else CARRIERS["any"])
    public = more.get("public", ())
    assert isinstance(public, tuple)
    around = carrier.replace("{}", "｜")
    return Sample(carrier.replace("{}", written), kind, form, never, public, around)


# What is secret


def _mobile(dice: random.Random) -> Sample:
    digits = "1" + dice.choice("3456789") + _number(dice, 9)
    written, form = _written(dice, digits)
    prefix = dice.choice(("+86 ", "+86", "0086-", "86 ")) if dice.random() < 0.08 else ""
    return _embed(dice, "phone", form, prefix + written, (digits,))


def _landline(dice: random.Random) -> Sample:
    area = dice.choice(("0356", "0355", "0351", "010", "021", "029", "0371"))
    rest = dice.choice("2345678") + _number(dice, 7 if area in ("010", "021", "029") or dice.random() < 0.2 else 6)
    if dice.random() < 0.5:
        written = dice.choice(("{}-{}", "（{}）{}", "({}) {}", "{} {}", "{}—{}", "{}－{}", "{}\n{}")).format(area, rest)
        return _embed(dice, "phone", "area apart", written, (area + rest,))
    written, form = _written(dice, area + rest)
    return _embed(dice, "phone", form, written, (area + rest,))


def _local(dice: random.Random) -> Sample:
    digits = dice.choice("2345678") + _number(dice, dice.choice((6, 7)))
    form = dice.choice(("plain", "script full", "script chinese", "spaced", "dashed", "keycaps", "hidden", "broken"))
    carrier = dice.choice(CARRIERS["local"])
    written = WRITERS[form](dice, digits)
    return Sample(carrier.replace("{}", written), "local", form, (digits,), (), carrier.replace("{}", "｜"))


@cache
def _weights() -> tuple[int, ...]:
    return tuple(2 ** (17 - place) % 11 for place in range(17))


def check_sign(digits: str) -> str:
    """The check sign of an identity number's first 17 digits (GB 11643)."""
    return "10X98765432"[sum(int(one) * weight for one, weight in zip(digits, _weights(), strict=True)) % 11]


def _date(dice: random.Random) -> str:
    return f"{dice.randint(1930, 2019)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"


def _identity(dice: random.Random) -> Sample:
    region = dice.choice(("140525", "140502", "110105", "410103", "330102", "650103", "510104", "440306", "140581"))
    if dice.random() < 0.2:
        digits = region + _date(dice)[2:] + _number(dice, 3)
        written, form = _written(dice, digits)
        return _embed(dice, "id", "old " + form, written, (digits,))
    body = region + _date(dice) + _number(dice, 3)
    last = check_sign(body) if dice.random() < 0.6 else dice.choice("0123456789X")
    if last == "X":
        form = dice.choice([name for name in WRITERS if name not in ("broken", "spoken")])
        written = WRITERS[form](dice, body)
        if form == "grouped by line":
            written += "X"
        else:
            written += dice.choice(("", "", " ", "-")) + dice.choice("XxＸ")
        return _embed(dice, "id", form + " X", written, (body,))
    written, form = _written(dice, body + last)
    return _embed(dice, "id", form, written, (body + last,))


def _luhn(body: str) -> str:
    total = 0
    for place, one in enumerate(reversed(body)):
        value = int(one) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _card(dice: random.Random) -> Sample:
    length = dice.choice((16, 19))
    head = dice.choice(("622202", "621700", "622848", "621799", "623668"))
    if length == 16 and dice.random() < 0.3:
        head = dice.choice(("436742", "524094", "356885"))
    body = head + _number(dice, length - len(head) - 1)
    last = _luhn(body) if not head.startswith("62") or dice.random() < 0.7 else dice.choice(DIGITS)
    written, form = _written(dice, body + last)
    return _embed(dice, "card", form, written, (body + last,))


PLATES = ("plain", "letters", "green", "police", "trailer", "school", "hk", "wujing", "consul", "army", "farm")


def _plate(dice: random.Random) -> Sample:
    province = dice.choice("晋豫冀陕京沪苏浙鲁粤川")
    letter = dice.choice("ABCDEFGHJK")
    shape = dice.choice(
        ("plain", "letters", "green", "police", "trailer", "school", "hk", "wujing", "consul", "army", "farm")
    )
    digits = _number(dice, 5)
    joint = dice.choice(("", "", "·", " ", "-", "•", ".", " · ", "\u200b", "\n"))
    number = digits
    tail = ""
    if shape == "letters":
        number = digits[:2] + dice.choice("ABCDEFGHJKLMNPQ") + digits[2:4]
    elif shape == "green":
        number = dice.choice(("D", "F", "A")) + digits
    elif shape in ("police", "trailer", "school", "hk"):
        number, tail = digits[:4], {"police": "警", "trailer": "挂", "school": "学", "hk": "港"}[shape]
    head = province + letter
    if shape == "wujing":
        head, number = "WJ" + province, digits
    elif shape == "consul":
        head, joint, number = "使", "", digits + dice.choice(DIGITS)
    elif shape == "army":
        head = "军" + letter
    elif shape == "farm":
        head, number = province + f"{dice.randint(1, 12):02}", letter + digits[:5]
    form = dice.choice(("plain", "full", "lower", "chinese", "spaced", "keycaps", "hidden", "dashed"))
    writers: dict[str, Callable[[], str]] = {
        "plain": lambda: number,
        "full": lambda: "".join(chr(ord(one) + 0xFEE0) for one in number),
        "lower": number.lower,
        "chinese": lambda: _script("chinese")(dice, number),
        "spaced": lambda: " ".join(number),
        "dashed": lambda: "-".join(number),
        "keycaps": lambda: "".join(one + "\ufe0f\u20e3" if one.isdecimal() else one for one in number),
        "hidden": lambda: dice.choice(ZERO_WIDTH).join(number),
    }
    written = writers[form]()
    shown = head + joint + written + tail
    if form == "full":
        shown = "".join(chr(ord(one) + 0xFEE0) if one.isascii() and one.isalnum() else one for one in shown)
    if form == "lower":
        shown = shown.lower()
    return _embed(dice, "plate", f"{shape} {form}", shown, (number,))


ROOMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "full": ("{b}{word}{gap}{u}单元{gap}{r}{end}", ("{room}", "{unit}单元")),
    "floor and side": ("{b}{word}{gap}{u}单元{gap}{f}{level}{side}", ("{unit}单元", "{floor}{level}", "{side}")),
    "without unit": ("{b}{word}{gap}{r}{end}", ("{room}",)),
    "building and floor": ("{b}{word}{gap}{f}{level}{side}", ("{floor}{level}", "{side}")),
    "unit and room": ("{u}单元{gap}{r}", ("{unit}单元", "{room}")),
    "room": ("{r}{sure_end}", ("{room}",)),
    "three numbers": ("{building}{dash}{unit}{dash}{room}", ("{room}",)),
    "sharp": ("{building}#{unit}-{room}", ("{room}",)),
    "short unit": ("{b}{word}{unit}-{room}", ("{room}",)),
    "tower": ("{tower}座{gap}{r}", ("{room}",)),
    "two numbers": ("住{building}-{room}", ("{room}",)),
    "floor and room": ("{f}{level}{gap}{r}室", ("{room}", "{floor}{level}")),
    "door as unit": ("{b}{word}{u}门{r}", ("{room}",)),
    "side of a floor": ("{f}{level}{gap}{side}", ("{floor}{level}", "{side}")),
    "named unit": ("{b}{word}{tower}单元{gap}{r}", ("{room}", "{tower}单元")),
    "whose": ("{room}的业主", ("{room}",)),
}


def _room(dice: random.Random) -> Sample:
    building, unit, floor = (str(dice.randint(1, most)) for most in (30, 6, 29))
    building = "31" if building == floor else building
    room = f"{floor}{dice.randint(1, 8):02}"
    if len(room) < 3 or room[:2] in ("19", "20"):
        room = "6" + room[1:]
    values = {"building": building, "unit": unit, "floor": floor, "room": room}
    values |= {name: _short(dice, values[whole]) for name, whole in zip("bufr", values, strict=True)}
    values |= {
        "word": dice.choice(("号楼", "栋", "幢", "号楼", "座")),
        "gap": dice.choice(("", "", "", " ", "-", "，", "·", "\n", "　", "\u200b")),
        "end": dice.choice(("室", "", "房", "号", "")),
        "sure_end": dice.choice(("室", "号房", "房间", "室")),
        "level": dice.choice("层楼"),
        "side": dice.choice(("东户", "西户", "中户", "南户", "东门", "左手那家")),
        "tower": dice.choice("ABCD甲乙东西"),
        "dash": dice.choice("-－—/–"),
    }
    shape = dice.choice(list(ROOMS))
    written, never = ROOMS[shape]
    place = dice.choice(("", *ESTATES))
    carrier = dice.choice(CARRIERS["door"])
    around = carrier.replace("{}", f"{place}｜")
    never = tuple(one.format(**values) for one in never)
    return Sample(carrier.replace("{}", place + written.format(**values)), "door", shape, never, (), around)


HOUSES = {
    "{village}{n}号": "{number}号",
    "{village}{n}号院": "{number}号",
    "{lane}{n}号": "{number}号",
    "{lane}{n}号院": "{number}号",
    "住{village}{s}号": "{small}号",
    "{lane}{n}号附{s}号": "{number}号",
    "{village}的{n}号": "{number}号",
    "{lane} {n} 号": "{number}号",
    "门牌{n}号": "{number}号",
    "门牌号是{n}": "{number}",
    "{village}{n}-{s}号": "{number}",
    "{village}{s}号家里": "{small}号",
}


def _house(dice: random.Random) -> Sample:
    number, small = str(dice.randint(32, 399)), str(dice.randint(1, 31))
    shape = dice.choice(list(HOUSES))
    written = shape.format(
        n=_short(dice, number), s=_short(dice, small), village=dice.choice(VILLAGES), lane=dice.choice(LANES)
    )
    carrier = dice.choice(CARRIERS["door"])
    public = (HOUSES[shape].format(number=number, small=small),)
    return Sample(carrier.replace("{}", written), "house", shape, (), public, carrier.replace("{}", "｜"))


PLACES: dict[str, tuple[str, str]] = {
    "pair": ("{lat}{sep}{lng}", "decimal"),
    "pair the other way": ("{lng}{sep}{lat}", "decimal"),
    "brackets": ("({lat}, {lng})", "decimal"),
    "words": ("北纬{lat}{sep}东经{lng}", "decimal"),
    "words and degrees": ("北纬{lat}度{sep}东经{lng}度", "decimal"),
    "letters before": ("N{lat} E{lng}", "decimal"),
    "letters behind": ("{lat}°N, {lng}°E", "decimal"),
    "named": ("纬度：{lat} 经度：{lng}", "decimal"),
    "english": ("lat: {lat}, lng: {lng}", "decimal"),
    "wide": ("{lat_wide}，{lng_wide}", "decimal"),
    "spelt": ("北纬{lat_said}，东经{lng_said}", "decimal"),
    "spelt pair": ("{lat_said}，{lng_said}", "decimal"),
    "minutes in words": ("北纬{a}度{b}分{c}秒{sep}东经{d}度{e}分{f}秒", "words"),
    "minutes spelt": ("北纬{a_said}度{b_said}分{c_said}秒，东经{d_said}度{e_said}分{f_said}秒", "words"),
    "minutes in signs": ("{a}°{b}′{c}″N {d}°{e}′{f}″E", "signs"),
    "minutes with letters before": ("N{a}°{b}'{c}\" E{d}°{e}'{f}\"", "signs"),
    "minutes without sides": ("{a}°{b}′{c}″，{d}°{e}′{f}″", "signs"),
    "google": ("https://maps.google.com/?q={lat},{lng}", "link"),
    "google at": ("https://www.google.com/maps/@{lat},{lng},17z", "link"),
    "amap": ("https://uri.amap.com/marker?position={lng},{lat}&name=家", "link"),
    "tencent": ("https://apis.map.qq.com/uri/v1/marker?marker=coord:{lat},{lng};title:家", "link"),
    "baidu": ("http://api.map.baidu.com/marker?location={lat},{lng}&title=here", "link"),
    "query": ("https://example.com/map?lat={lat}&lng={lng}", "link"),
    "query in words": ("https://example.com/map?latitude={lat}&longitude={lng}", "link"),
    "encoded": ("https://map.example.com/?ll={lat}%2C{lng}", "link"),
    "geo": ("geo:{lat},{lng}", "link"),
    "short link": ("https://map.example.com/?q={lat_short},{lng_short}", "short"),
}


def _place(dice: random.Random) -> Sample:
    spare = dice.randint(4, 7)
    lat, lng = f"{dice.randint(34, 40)}.{_number(dice, spare)}", f"{dice.randint(110, 114)}.{_number(dice, spare)}"
    whole = {"a": dice.randint(34, 40), "b": dice.randint(10, 59), "c": dice.randint(10, 59)}
    whole |= {"d": dice.randint(111, 114), "e": dice.randint(10, 59), "f": dice.randint(10, 59)}
    numbers = {name: str(value) for name, value in whole.items()}
    short = {"lat_short": f"{dice.randint(34, 40)}.{_number(dice, 1)}", "lng_short": f"113.{_number(dice, 1)}"}
    shape = dice.choice(list(PLACES))
    template, how = PLACES[shape]
    written = template.format(
        lat=lat,
        lng=lng,
        sep=dice.choice((",", "，", " ", ", ", "/", "、", "\n")),
        lat_wide="".join(chr(ord(one) + 0xFEE0) for one in lat),
        lng_wide="".join(chr(ord(one) + 0xFEE0) for one in lng),
        lat_said=_decimal_said(lat),
        lng_said=_decimal_said(lng),
        **numbers,
        **{f"{name}_said": _said(value) for name, value in numbers.items()},
        **short,
    )
    never = {
        "decimal": tuple(one.replace(".", "")[: len(one.split(".")[0]) + 3] for one in (lat, lng)),
        "link": tuple(one.replace(".", "")[: len(one.split(".")[0]) + 2] for one in (lat, lng)),
        "short": tuple(one.replace(".", "") for one in short.values()),
        "words": ("{a}度{b}分".format(**numbers), "{d}度{e}分".format(**numbers)),
        "signs": ("{a}{b}{c}".format(**numbers), "{d}{e}{f}".format(**numbers)),
    }[how]
    if "said" in template and how == "decimal":
        never = tuple(f"{one.split('.')[0]}点{one.split('.')[1][:3]}" for one in (lat, lng))
    carrier = dice.choice(CARRIERS["place"])
    return Sample(carrier.replace("{}", written), "place", shape, never, (), carrier.replace("{}", "｜"))


def _decimal_said(number: str) -> str:
    whole, rest = number.split(".")
    return f"{_said(whole)}点{rest.translate(str.maketrans(DIGITS, SCRIPTS['chinese']))}"


def _two(dice: random.Random) -> Sample:
    """Two secrets in one message, on two lines."""
    first, second = (dice.choice((_mobile, _identity, _card, _plate, _room))(dice) for _ in range(2))
    joint = dice.choice(("\n", "\n\n", "。", "；"))
    form = f"{first.kind} and {second.kind}"
    around = f"{first.around}{joint}{second.around}"
    return Sample(first.text + joint + second.text, "two", form, first.never + second.never, (), around)


KINDS: dict[str, Callable[[random.Random], Sample]] = {
    "phone": _mobile,
    "identity": _identity,
    "card": _card,
    "landline": _landline,
    "room": _room,
    "plate": _plate,
    "house": _house,
    "local": _local,
    "place": _place,
    "two": _two,
}
