"""The cards as pictures: like their references, and the code on them says what it should."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from handlers.cards import rules
from handlers.cards.picture import BAND, QUIET, WIDE, Sheet, draw, modules
from tests.support.stage import words

HERE = Path(__file__).parent
TOKEN = "K7M2PQ9R"
OPENS = "https://t.me/wangge_bot?start="
SHEETS = {
    "own": Sheet(
        "大侯派出所",
        "王小明",
        "网格员",
        "水头村上街微网格",
        (),
        ("0354-1234567",),
        rules.payload(OPENS, TOKEN),
        rules.typed(TOKEN),
    ),
    "area": Sheet(
        "大侯派出所",
        "",
        "",
        "幸福社区第一网格",
        (("网格员", "李桂兰"), ("辅警", ""), ("社区民警", "张建国"), ("调解员", "赵春梅、刘大山")),
        (),
        rules.payload("", TOKEN),
        rules.typed(TOKEN),
        True,
    ),
}


@pytest.fixture(scope="module", params=list(SHEETS))
def shown(request: pytest.FixtureRequest) -> tuple[str, Image.Image]:
    """A card's name and its picture."""
    return request.param, Image.open(io.BytesIO(draw(words(), SHEETS[request.param]))).convert("RGB")


def test_a_card_looks_like_its_reference(shown: tuple[str, Image.Image]) -> None:
    name, picture = shown
    kept = Image.open(HERE / f"{name}.png").convert("RGB")
    assert picture.size == kept.size
    unlike = ImageStat.Stat(ImageChops.difference(picture, kept).convert("L")).mean[0]
    assert unlike < 1.5, "look at it; if it is meant: python -m tests.handlers.cards.test_picture"


def test_the_code_on_a_card_says_what_it_should(shown: tuple[str, Image.Image]) -> None:
    name, picture = shown
    dark = modules(SHEETS[name].shown)
    assert read_off(picture, len(dark)) == dark


def read_off(picture: Image.Image, size: int) -> list[list[bool]]:
    """The modules of the code as they are seen: its white square is found, and each module's middle looked at."""
    blue = picture.getchannel("B")
    middle = WIDE // 2
    top = next(y for y in range(BAND, picture.height) if all(is_white(blue, x, y) for x in (middle - 150, middle)))
    left = next(x for x in range(middle) if is_white(blue, x, top + 30))
    step = (WIDE - 2 * left) // (size + 2 * QUIET)
    at = [QUIET * step + place * step + step // 2 for place in range(size)]
    return [[not is_white(blue, left + x, top + y) for x in at] for y in at]


def is_white(blue: Image.Image, x: int, y: int) -> bool:
    """Whether a point is white, and neither paper nor ink."""
    value = blue.getpixel((x, y))
    assert isinstance(value, int)
    return value > 246


def test_two_codes_differ_and_hold_what_a_platform_opens() -> None:
    assert rules.payload(OPENS, TOKEN) == f"{OPENS}card-{TOKEN}"
    assert rules.payload("", TOKEN) == f"名片 {TOKEN}"
    assert modules(rules.payload(OPENS, TOKEN)) != modules(rules.payload(OPENS, "K7M2PQ9S"))


@pytest.mark.parametrize("said", [TOKEN, f"card-{TOKEN}", "k7m2 pq9r", "Ｋ７Ｍ２ＰＱ９Ｒ"])
def test_a_token_is_read_as_people_type_it(said: str) -> None:
    assert rules.token_in(said) == TOKEN


@pytest.mark.parametrize("said", ["", "同意", "水头村", "ABCDEFGH", "K7M2PQ9", "K7M2PQ91", "card-"])
def test_other_words_are_no_token(said: str) -> None:
    assert rules.token_in(said) == ""


def main() -> None:
    """Draw the references anew."""
    for name, sheet in SHEETS.items():
        (HERE / f"{name}.png").write_bytes(draw(words(), sheet))


if __name__ == "__main__":
    main()
