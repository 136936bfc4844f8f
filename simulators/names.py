"""Made-up people: names from lists, numbers that no telephone network has given out.

Numbers are `+86100` and eight digits: mainland mobile numbers begin with 13 to 19, so none of
these can ring anywhere.
"""

import random
import re

_SURNAMES = "沈徐朱陈张王许金顾陆俞钱周吴马褚祝查章潘姚冯曹蒋贾宋郭杨董倪"
#: given names of two characters each
_WOMEN: list[str] = re.findall(
    "..",
    "阿宝秀英桂花凤仙玉珍美娟彩娥金花菊芬月琴水仙兰珍招弟巧云素芳惠娟雪珍爱珍"
    "梅芳杏娟荷英银娣宝珠翠英根娣瑞珍琴芬蓉芳",
)
_MEN: list[str] = re.findall(
    "..",
    "阿根金生关荣水林福根永泉志明德兴洪涛阿毛荣生建国桂林松泉瑞祥寿山炳泉国良"
    "叙生祖根品松顺发海根长庚银根文奎宝兴雪林",
)
#: given names of the people in stories; nobody else in town has one of these
_CAST: list[str] = re.findall(
    "..",
    "云鹤松涛菊隐兰溪梅岭荷塘竹青柳烟枫林桐荫杏村桃源棠影榴红葵心菱歌"
    "芦舟苇岸潮生海月江白浪平霞晚雪晴霜晨露浓星河月圆日暖风和虹桥石坊",
)

#: blocks of the eight digits, so that a number says whose it is
GUARDIANS_FROM = 10_000_000
RESCUERS_FROM = 20_000_000
OPERATORS_FROM = 30_000_000
CAST_FROM = 40_000_000


def number(digits: int) -> str:
    """Return the synthetic number with these eight *digits*, E.164."""
    if not 0 <= digits <= 99_999_999:
        raise ValueError(f"eight digits, not {digits!r}")
    return f"+86100{digits:08d}"


def full_name(rng: random.Random, sex: str) -> str:
    """Return a surname and a given name; *sex* is "f" or "m"."""
    return rng.choice(_SURNAMES) + rng.choice(_WOMEN if sex == "f" else _MEN)


def cast_name(rng: random.Random, number: int) -> str:
    """Return the name of person *number* (0, 1 …) of the stories, shared with nobody in town."""
    again = number // len(_CAST)
    return rng.choice(_SURNAMES) + _CAST[number % len(_CAST)] + (str(again + 1) if again else "")
