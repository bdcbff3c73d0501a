"""Invented people: plausible names, and numbers nobody can have."""

from random import Random

# People of the district's published account: real, so no invented person is called like one of them.
REAL_PEOPLE = {"刘明", "邓卫东", "徐龙", "周晓勇", "张峰"}

SURNAMES = "李王张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"  # noqa: E501
FIRST = "志建国文海俊晓家永春金玉德明立新少云学正世天宏伟光向东小子嘉浩宇思雨泽梓一长福庆瑞"
SECOND = "强军伟平华勇杰涛磊鹏辉斌刚波超飞亮林峰龙洋凯宁成胜利生祥安康毅帆航宇轩豪博阳晨琴芳丽娟敏燕玲霞"

# No operator has been given 154: the numbers have the right shape and reach nobody.
_STAFF, _COURIERS, _CONTACTS = 154_0000_0000, 154_1000_0000, 154_9000_0000


def person(rng: Random) -> str:
    """Two or three characters, never a name of the published account."""
    while True:
        name = rng.choice(SURNAMES) + (rng.choice(FIRST) if rng.random() < 0.8 else "") + rng.choice(SECOND)
        if name not in REAL_PEOPLE:
            return name


def staff_phone(index: int) -> str:
    return str(_STAFF + 1 + index)


def courier_phone(index: int) -> str:
    return str(_COURIERS + 1 + index)


def contact_phone(index: int) -> str:
    return str(_CONTACTS + 1 + index)


def handle(rng: Random) -> str:
    """A user name as `accounts.models.users.random_handle` makes them, from the seed."""
    return f"u{rng.getrandbits(64):016x}"
