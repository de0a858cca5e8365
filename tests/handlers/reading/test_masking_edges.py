"""The edges of masking: each length, first digit, sign and word once on either side."""

import pytest

from handlers.reading.coordinates import find_coordinates
from handlers.reading.digit_runs import DigitRun, find_embedded, find_runs
from handlers.reading.doors import find_doors
from handlers.reading.identifiers import Found, find, mask, mask_but_links, masked
from handlers.reading.plates import find_plates
from handlers.reading.visible import spelt, visible


def kinds(text: str) -> str:
    """The kinds found in a visible text, in their order."""
    return " ".join(one.kind for one in find_runs(text))


RUNS = [
    # mobiles: length, first digits, prefixes
    ("1380013800", ""),
    ("13800138000", "phone"),
    ("12800138000", ""),
    ("13000138000", "phone"),
    ("19900138000", "phone"),
    ("23800138000", ""),
    ("8613800138000", "phone"),
    ("+86 13800138000", "phone"),
    ("0086 13800138000", "phone"),
    ("013800138000", "phone"),
    ("8513800138000", "phone"),
    ("86 1380013800", ""),
    ("8 6 1 3 8 0 0 1 3 8 0 0 0", "phone"),
    ("0 1 3 8 0 0 1 3 8 0 0 0", "phone"),
    ("86-138-0013-8000", "phone"),
    ("0086138 0013 8000", "phone"),
    # how they are cut
    ("138 0013 8000", "phone"),
    ("1 3800138000", "phone"),
    ("1380013800 0", "phone"),
    ("13 8001 38000", ""),
    ("电话13 8001 38000", "phone"),
    ("138 00 13 80 00", "phone"),
    ("138 001 380 00", ""),
    ("电话138 001 380 00", "phone"),
    ("138 0013 800 0", ""),
    ("13 80 01 38 00 0", "phone"),
    ("13 80 01 38 000", ""),
    ("1,3,8,0,0,1,3,8,0,0,0", "phone"),
    ("1、3、8、0、0、1、3、8、0、0、0", "phone"),
    ("138、0013、8000", "phone"),
    ("138：0013：8000", "phone"),
    ("138:0013、8000", ""),
    ("1380:0138:00、0", ""),
    ("138、00138、000", "phone"),
    ("13、8001、38000", ""),
    ("138    0013    8000", "phone"),
    ("138     0013     8000", ""),
    ("138\n0013\n8000", "phone"),
    ("138,0013 8000", ""),
    ("165，1380 0138", ""),
    ("138,001,380.00", ""),
    ("138,001,38000", "phone"),
    ("138,001,380,00", ""),
    # glued to other digits
    ("9913800138000", "phone"),
    ("9999138001380009", "card"),
    ("13800138000999", "phone"),
    ("2024111513800138", ""),
    ("202411138001380", ""),
    ("快递单号9913800138000", ""),
    ("单号：SF9913800138000", ""),
    ("SF9913800138000", ""),
    ("sf9913800138000", "phone"),
    ("S9913800138000", "phone"),
    ("138001380002024年", "phone"),
    ("13800138000 2024年", "phone"),
    # landlines
    ("03552223110", "phone"),
    ("0355222311", ""),
    ("035522231", ""),
    ("0355-2223110", "phone"),
    ("0355-222-3110", "phone"),
    ("0355-22-23-110", "phone"),
    ("03-55-2223110", ""),
    ("035 5222 3110", "phone"),
    ("0355：222：3110", "phone"),
    ("0355：22：23110", ""),
    ("0355-1223110", ""),
    ("0355-9223110", ""),
    ("0255-2223110", "phone"),
    ("010-65529988", "phone"),
    ("010 6552 9988", "phone"),
    ("0 3 5 5 2 2 2 3 1 1 0", "phone"),
    ("03 55 22 23 11 0", ""),
    ("+863552223110", "phone"),
    ("863552223110", ""),
    ("86 355 2223110", "phone"),
    ("0086 355 2223110", "phone"),
    ("电话2223110", "phone"),
    ("电话22231101", "phone"),
    ("电话222311", ""),
    ("电话222311011", ""),
    ("电话1223110", ""),
    ("电话8223110", "phone"),
    ("电话9223110", ""),
    ("电话222 3110", "phone"),
    ("电话22 23 110", "phone"),
    ("电话2 22 3110", ""),
    ("电话222：3110", ""),
    ("电话2-2-2-3-1-1-0", "phone"),
    ("2223110", ""),
    ("电话一二三四五六2223110", "phone"),
    ("电话一二三四五六七2223110", ""),
    ("电话，2223110", ""),
    ("座机2223110", "phone"),
    ("tel 2223110", "phone"),
    # identity numbers
    ("110105194912310021", "id"),
    ("11010519491231002X", "id"),
    ("11010519491231002 x", "id"),
    ("11010519491231002×", "id"),
    ("11010519491231002XY", "card"),
    ("110105 19491231 002 X", "id"),
    ("110105 19491331 002 X", "phone"),
    ("110105194913310021", "card"),
    ("160105194912310021", "card"),
    ("110105:19491231:0021", "id"),
    ("110105:19491231、0021", ""),
    ("1:10105:194912310021", ""),
    ("110105:1949:1231:002 X", "id"),
    ("110105491231002", "id"),
    ("110105491331002", ""),
    ("160105491231002", "phone"),
    ("110105 491231 002", "id"),
    ("11010 5491231002", "id"),
    ("110 105 491 231 002", ""),
    ("1 1 0 1 0 5 4 9 1 2 3 1 0 0 2", "id"),
    ("14052520160 8074081", "id"),
    # cards
    ("622202138001380", ""),
    ("6222021380013800", "card"),
    ("6222021380013800123", "card"),
    ("62220213800138001234", "number"),
    ("6222 0213 8001 3800", "card"),
    ("6222 0213 8001 3800 123", "card"),
    ("6222-0213-8001-3800-1234", "card"),
    ("4367420213801239", "card"),
    ("4500 5000 5500 6000", ""),
    ("卡号4500 5000 5500 6000", "card"),
    ("2021 2022 2023 2024", ""),
    ("卡号2021 2022 2023 2024", ""),
    ("2021 2022 2023 2024 4", ""),
    ("622202 1380013800123", "card"),
    ("622202、1380013800123", "card"),
    ("6 222021380013800", "card"),
    ("6222、0213、8001、3800", "card"),
    ("6222、0213:8001、3800", ""),
    ("62 22 02 13 80 01 38 00", "card"),
    ("6 22 22 02 13 80 01 38 0", ""),
    ("2024111500012345", ""),
    ("卡号2024111500012345", "card"),
    ("5240949304283663", "card"),
    ("52 40949304283663", "card"),
    # long ones and case numbers
    ("12345678901234567890", "number"),
    ("案号12345678901234567890", ""),
    ("J12345678901234567890", ""),
    ("BJ12345678901234567890", "number"),
    ("B12345678901234567890", "number"),
    ("编号1234567890123456", ""),
    ("证编号1234567890123456", "card"),
    ("卡编号1234567890123456", "card"),
    ("编号为A1234567890123456", ""),
    ("编号110105194912310054", "id"),
    ("编号110105194912310059", ""),
    ("编号11010519491231002X", "id"),
    ("编号13800138000", "phone"),
]


@pytest.mark.parametrize(("text", "expected"), RUNS, ids=[text for text, _ in RUNS])
def test_runs(text: str, expected: str) -> None:
    assert kinds(visible(text).text) == expected


def test_spans_and_digits() -> None:
    assert list(find_runs("打138-0013 8000或0355-2223110")) == [
        DigitRun("phone", "13800138000", (1, 14)),
        DigitRun("phone", "03552223110", (15, 27)),
    ]
    assert [one.span for one in find_runs("证11010519491231002 x，")] == [(1, 20)]
    assert [one.span for one in find_runs("9913800138000")] == [(2, 13)]
    assert [one.span for one in find_runs("6222*0213*8001*3800\n\n1*3*8*0*0*1*3*8*0*0*0")] == [(0, 19), (21, 42)]
    assert [one.kind for one in find_runs("13800138000 6222021380013800")] == ["phone", "card"]


EMBEDDED = [
    ("1138001380001", "phone 13800138000"),
    ("2138001380001", "phone 13800138000"),
    ("999138001380009", "phone 13800138000"),
    ("9999138001380009999", "phone 13800138000"),
    ("62220213800138001", "card 62220213800138001"),
    ("110105194912310021", "id 110105194912310021"),
    ("138 0013-8000", "phone 13800138000"),
    ("138：00138000", ""),
    ("1380013800", ""),
    ("13800138000 13900139000", "phone 13800138000 phone 13900139000"),
]


@pytest.mark.parametrize(("text", "expected"), EMBEDDED, ids=[text for text, _ in EMBEDDED])
def test_embedded(text: str, expected: str) -> None:
    assert " ".join(f"{one.kind} {one.digits}" for one in find_embedded(text)) == expected


def test_what_is_left_over_beside_an_embedded_number() -> None:
    assert [one.span for one in find_embedded("222138001380002222")] == [(3, 18)]
    assert [one.span for one in find_embedded("222138001380002 22")] == [(3, 14)]
    assert [one.span for one in find_embedded("2222138001380002")] == [(0, 15)]
    assert [one.span for one in find_embedded("2" * 20 + "13800138000")] == [(20, 31)]


PLATES = [
    ("晋E12345", "晋E12345"),
    ("晋E1234", ""),
    ("晋E123456", "晋E123456"),
    ("晋E1234567", ""),
    ("晋E1234警", "晋E1234警"),
    ("晋E123警", ""),
    ("晋E1234挂", "晋E1234挂"),
    ("晋E12345挂", "晋E12345"),
    ("晋EABCDE", ""),
    ("晋EABCD1", "晋EABCD1"),
    ("晋E·1 2 3 4 5", "晋E·1 2 3 4 5"),
    ("晋E 1 2 3 4 警", "晋E 1 2 3 4 警"),
    ("晋E 1-2-3-4-5-6", "晋E 1-2-3-4-5-6"),
    ("晋E-123-45", "晋E-123-45"),
    ("晋E临12345", "晋E临12345"),
    ("晋12345", ""),
    ("晋05A1234", "晋05A1234"),
    ("晋5A1234", ""),
    ("晋05A12345", "晋05A12345"),
    ("晋05A123", ""),
    ("人E12345", ""),
    ("WJ晋1234X", "WJ晋1234X"),
    ("wj 12345", "wj 12345"),
    ("WJ晋123X", ""),
    ("WJ0112345", "WJ0112345"),
    ("军A12345", "军A12345"),
    ("军A1234", ""),
    ("民航B12345", "民航B12345"),
    ("VA·12345", "VA·12345"),
    ("VA12345", ""),
    ("XVA·12345", ""),
    ("使123456", "使123456"),
    ("使12345", ""),
    ("使1234567", ""),
    ("123456使", "123456使"),
    ("123456使用", ""),
    ("晋城123456电动车", "晋城123456"),
    ("晋城123456元", ""),
    ("车牌E12345", "车牌E12345"),
    ("车牌号码是E12345", "车牌号码是E12345"),
    ("车牌E1234", "车牌E1234"),
    ("车牌E123", ""),
    ("车牌晋E12345", "晋E12345"),
    ("车牌号: 123456", "车牌号: 123456"),
    ("车牌1234567890", ""),
    ("牌照是泽州12345", "牌照是泽州12345"),
    ("车号 A 1 2 3 4 5", "车号 A 1 2 3 4 5"),
]


@pytest.mark.parametrize(("text", "expected"), PLATES, ids=[text for text, _ in PLATES])
def test_plates(text: str, expected: str) -> None:
    spans = list(find_plates(text))
    covered = "".join(one for place, one in enumerate(text) if any(start <= place < end for start, end in spans))
    assert covered == expected


COORDINATES = [
    ("36.1234,112.1234", "36.1234,112.1234"),
    ("36.123,112.1234", "36.123,112.1234"),
    ("36.12,112.12", ""),
    ("36.123,112.123", "36.123,112.123"),
    ("112.123 36.123", "112.123 36.123"),
    ("2.123,112.123", ""),
    ("55.123,112.123", ""),
    ("36.123,72.123", ""),
    ("36.123,137.123", ""),
    ("3.123,73.123", "3.123,73.123"),
    ("54.123,136.123", "54.123,136.123"),
    ("136.1234,212.1234", "136.1234,212.1234"),
    ("-36.1234,-112.1234", "-36.1234,-112.1234"),
    ("36。1234 112。1234", "36。1234 112。1234"),
    ("36点1234，112点1234", ""),
    ("36点1234,112点1234", "36点1234,112点1234"),
    ("北纬36.123", "北纬36.123"),
    ("北纬36.12", ""),
    ("北纬36度", ""),
    ("北纬36度7分24秒", "北纬36度7分24秒"),
    ("东经:112.123度", "东经:112.123度"),
    ("36°7′24″N", "36°7′24″N"),
    ("36°7′24″", ""),
    ("36°7′24″ 112°7′24″", "36°7′24″ 112°7′24″"),
    ("lat=36.1", "lat=36.1"),
    ("flat=36.1", ""),
    ("lng:112.1", "lng:112.1"),
    ("?q=36.1,113.2", "q=36.1,113.2"),
    ("@36.1,113.2", "@36.1,113.2"),
    ("ll=36.1%2C113.2", "ll=36.1%2C113.2"),
    ("坐标36.123 112.123", "36.123 112.123"),
    ("坐标36.12 112.12", ""),
    ("价36.12,112.12", ""),
]


@pytest.mark.parametrize(("text", "expected"), COORDINATES, ids=[text for text, _ in COORDINATES])
def test_coordinates(text: str, expected: str) -> None:
    spans = list(find_coordinates(text))
    covered = "".join(one for place, one in enumerate(text) if any(start <= place < end for start, end in spans))
    assert covered == expected


DOORS = [
    ("3号楼2单元601", "door 2单元601"),
    ("3号楼2单元", "door 2单元"),
    ("3号楼601", "door 601"),
    ("3号楼60", ""),
    ("3号楼60室", "door 60室"),
    ("3号楼60135", ""),
    ("3号楼601人", ""),
    ("3号楼 601.5", ""),
    ("3号楼6层", "door 6层"),
    ("3号楼6层以上", ""),
    ("3号楼2门601", "door 2门601"),
    ("3号楼2门口", ""),
    ("3栋2-601", "door 2-601"),
    ("3#601", "door 601"),
    ("A座1203", "door 1203"),
    ("A座120", "door 120"),
    ("东单元", "door 东单元"),
    ("第2单元", ""),
    ("甲单元3层西户", "door 甲单元3层西户 door 3层西户"),
    ("6楼东户", "door 6楼东户"),
    ("6楼", ""),
    ("6楼601室", "door 6楼601室 door 601室"),
    ("601室", "door 601室"),
    ("601室内", ""),
    ("60室", ""),
    ("601号房", "door 601号房"),
    ("601号房租", ""),
    ("601房间", "door 601房间"),
    ("共601房间", ""),
    ("601房租", ""),
    ("3-2-601", "door 3-2-601"),
    ("3-2-60", ""),
    ("3-2-2024", ""),
    ("3-2-20245", ""),
    ("13-12-1101", "door 13-12-1101"),
    ("113-2-601", ""),
    ("3-2-601元", ""),
    ("住3-601", "door 3-601"),
    ("阳光小区3-601", "door 3-601"),
    ("买3-601", ""),
    ("住601", "door 601"),
    ("住60", ""),
    ("住601天", ""),
    ("敲了601", ""),
    ("601的业主", "door 601"),
    ("60的业主", ""),
    ("601业主群", "door 601"),
    ("中山路18号", "house 18号"),
    ("中山路18", ""),
    ("中山路甲18号", "house 甲18号"),
    ("大侯老街微网格12号", "house 12号"),
    ("大侯老街微网格3号楼", ""),
    ("第一网格45号", "house 45号"),
    ("第一网格12号开会", ""),
    ("中山路18号楼", ""),
    ("中山路18号起", ""),
    ("中山路32号起", "house 32号"),
    ("中山路31号起", ""),
    ("中山路18号派出所", ""),
    ("中山路18号附2号", "house 18号附2号"),
    ("修路18号", ""),
    ("幸福巷5号", "house 5号"),
    ("大侯村58号", "house 58号"),
    ("大侯村32号", "house 32号"),
    ("大侯村31号", ""),
    ("大侯村31号院", "house 31号"),
    ("住大侯村31号", "house 31号"),
    ("大侯村58号楼", ""),
    ("大侯村58-2号", "house 58-2号"),
    ("第3组12号家", "house 12号 house 12号"),
    ("我家12号", "house 12号"),
    ("住12号楼", ""),
    ("12号家", "house 12号"),
    ("12号家长会", ""),
    ("12号邻居", "house 12号"),
    ("3排5号", "house 3排5号"),
    ("3排5号座", ""),
    ("第3排5号", ""),
    ("门牌58", "house 58"),
    ("门牌58块", ""),
    ("门牌号是58号", "house 58号"),
]


@pytest.mark.parametrize(("text", "expected"), DOORS, ids=[text for text, _ in DOORS])
def test_doors(text: str, expected: str) -> None:
    assert " ".join(f"{kind} {text[slice(*span)]}" for kind, span in find_doors(text)) == expected


SPELT = [
    ("一百三十八", "138"),
    ("一百零三", "103"),
    ("一百二", "120"),
    ("一百二三", "100" + "23"),
    ("三百", "300"),
    ("十", "10"),
    ("十二", "12"),
    ("二十", "20"),
    ("二十一", "21"),
    ("一千二百三十四", "1234"),
    ("两千零二十四", "2024"),
    ("一千零五", "1005"),
    ("一千零五十", "1050"),
    ("百", "百"),
    ("千百", "千百"),
    ("贰拾壹", "21"),
    ("幺三八洞洞", "13800"),
    ("零十二", "012"),
    ("十十", "1010"),
    ("二〇二六年", "2026年"),
]


@pytest.mark.parametrize(("typed", "read"), SPELT, ids=[typed for typed, _ in SPELT])
def test_spelt(typed: str, read: str) -> None:
    said = spelt(typed)
    assert said.text == read
    assert len(said.starts) == len(said.ends) == len(read)
    assert said.back((0, len(read))) == (0, len(typed))


def test_each_character_leads_back() -> None:
    said = spelt("住一百二十号一")
    assert said.text == "住120号1"
    assert [said.back((place, place + 1)) for place in range(6)] == [(0, 1), (1, 5), (1, 5), (1, 5), (5, 6), (6, 7)]
    seen = visible("1\u200b2⑫\ufe0f3")
    assert seen.text == "12123"
    assert list(seen.starts) == [0, 2, 3, 3, 5]
    assert list(seen.ends) == [1, 3, 4, 4, 6]
    assert visible("a\tb\u3000c\nd—e").text == "a b c\nd-e"
    assert visible("🔟㎡").text == "10m2"
    assert list(visible("abc").starts) == [0, 1, 2]


def test_passes_and_spans() -> None:
    assert find("晋E12345 13800138000") == [Found((0, 7), "plate"), Found((8, 19), "phone")]
    assert find("1\ufe0f\u20e33800138000\ufe0f\u20e3 x") == [Found((0, 15), "phone")]
    assert find("找一三八零零一三八零零零吧") == [Found((1, 12), "phone")]
    assert find("晋E一二三四五") == [Found((0, 7), "plate")]
    assert find("北纬三十六度七分二十四秒") == [Found((0, 12), "coordinate")]
    assert find("") == []


def test_what_may_stand() -> None:
    assert mask("住120", []) == "住〔门牌〕"
    assert mask("楼下120来了") == "楼下120来了"
    assert mask("门牌号是122") == "门牌号是〔门牌〕"
    assert mask("值班0355-2223110", ["0355-2223110"]) == "值班0355-2223110"
    assert mask("110、119", []) == "110、119"
    assert mask("电话2223110", ["2223110"]) == "电话2223110"
    assert mask("警车晋E1234警", ["晋E1234警"]) == "警车晋E1234警"
    assert mask("警车晋Ｅ１２３４警", ["晋e1234警"]) == "警车晋Ｅ１２３４警"


def test_masked_by_what_was_found() -> None:
    found = [Found((0, 2), "house"), Found((3, 5), "door")]
    assert masked("58 60 x", found) == "〔门牌〕 〔门牌〕 x"
    assert masked("58 60 x", found, doors=False) == "58 〔门牌〕 x"
    assert masked("58 60 x", []) == "58 60 x"


def test_links() -> None:
    assert mask_but_links("看https://a.cn/s/2247483651234567890吧") == "看https://a.cn/s/2247483651234567890吧"
    assert mask_but_links("看https://a.cn/晋E12345 和晋E12345") == "看https://a.cn/晋E12345 和〔车牌〕"
    assert mask_but_links("看https://a.cn/13800138000") == "看https://a.cn/〔电话〕"
    assert mask_but_links("大侯村58号 https://a.cn/1 大侯村59号", doors=False) == "大侯村58号 https://a.cn/1 大侯村59号"
    assert mask_but_links("大侯村58号 https://a.cn/1") == "大侯村〔门牌〕 https://a.cn/1"
    assert mask_but_links("打2223110 HTTPS://a.cn/x", ["2223110"]) == "打2223110 HTTPS://a.cn/x"
    assert mask_but_links("打https://a.cn/0355-2223110", ["03552223110"]) == "打https://a.cn/0355-2223110"
    two = "甲 https://a.cn/1 乙 https://b.cn/2 丙"
    assert mask_but_links(two) == two
    assert mask_but_links("大侯村58号 https://a.cn/1 乙 https://b.cn/2 大侯村59号") == (
        "大侯村〔门牌〕 https://a.cn/1 乙 https://b.cn/2 大侯村〔门牌〕"
    )
    kept = "电话2223110 https://a.cn/0355-2223110/晋E12345 电话2223110"
    assert mask_but_links(kept, iter(["2223110", "0355-2223110"])) == kept


def test_an_identity_number_beside_another_number() -> None:
    assert mask("身高165，51010419\n 8406289093") == "身高165，〔身份证号〕"
    assert mask("138 0013 8000 11010519491231002X") == "〔电话〕 〔身份证号〕"
    assert mask("身高165，51010419\n 84") == "身高〔电话〕\n 84"


def test_a_spelt_card_ends_where_it_ends() -> None:
    assert mask("六两幺拐勾勾三拐拐六四四六五洞四\n16#1-705 王") == "〔银行卡〕\n〔门牌〕 王"


def test_a_card_read_out_is_not_cut_by_what_looks_like_an_identity_number() -> None:
    assert mask("退到6-2-1-7-0-0-4-5-2-2-9-7-6-4-2-0\n（１-１-０-１-０-５-８-３-１-２-２-３-３-９-６）") == (
        "退到〔银行卡〕\n（〔身份证号〕）"
    )


def test_several_in_one_text_keep_their_places() -> None:
    assert find("啊晋E12345 晋E12346 13800138000") == [
        Found((1, 8), "plate"),
        Found((9, 16), "plate"),
        Found((17, 28), "phone"),
    ]
    assert mask("13800138000晋E12345") == "〔电话〕〔车牌〕"
    assert mask("13800138000\u200b啊") == "〔电话〕啊"
    assert mask("大侯村58号大侯村59号13800138000") == "大侯村〔门牌〕大侯村〔门牌〕〔电话〕"
    assert mask("中山路58号中山路59号") == "中山路〔门牌〕中山路〔门牌〕"
