"""The 30 stations as plain data. Positions (WGS-84), grades and opening hours are illustrative for all of them."""

from typing import NamedTuple

from fengchao.demo.organisations import ECONOMIC_ZONE, EXAMPLE, SERVICE_ZONE, community

ALL_DAY, LONG, DAY, WORKDAYS = "24/7", "Mo-Su 07:00-22:00", "Mo-Su 08:30-20:30", "Mo-Fr 08:30-17:30; Sa-Su 09:00-17:00"
OFFICE = "Mo-Fr 08:30-12:00,14:00-17:30; PH off"
NIGHT, UNKNOWN = "Mo-Su 16:00-02:00", ""
HOLIDAY_HOURS = {WORKDAYS: "10:00-16:00", DAY: "09:00-18:00"}


class Place(NamedTuple):
    name: str
    organisation: str
    address: str
    lat: float
    lng: float
    grade: int
    opening_hours: str
    facilities: str  # codes of FACILITIES, apart by blanks
    is_example: bool = True


# code: name, lucide icon
FACILITIES = {
    "sofa": ("沙发", "sofa"),
    "air_conditioning": ("空调", "air-vent"),
    "microwave": ("微波炉", "microwave"),
    "water": ("饮水机", "cup-soda"),
    "charger": ("充电器", "plug-zap"),
    "tools": ("维修工具", "wrench"),
    "first_aid": ("急救药箱", "bandage"),
    "books": ("图书角", "book-open"),
    "umbrella": ("应急雨具", "umbrella"),
    "wifi": ("无线网络", "wifi"),
}
FULL = "sofa air_conditioning microwave water charger tools first_aid books umbrella wifi"
GOOD = "sofa air_conditioning microwave water charger tools first_aid"
PLAIN = "sofa air_conditioning water charger"

# The two that the district describes, with the facilities it names.
DESCRIBED = (
    Place(
        "公安社区江城蜂巢", "公安社区", "韩家墩街公安社区党群服务中心一楼（位置、类别和开放时间为示例）",
        30.5871, 114.2189, 1, LONG, "sofa water charger", is_example=False,
    ),
    Place(
        "硚口经济开发区中心园区江城蜂巢", ECONOMIC_ZONE, "解放大道旁,对面是凯德西城商圈（位置、类别和开放时间为示例）",
        30.5913, 114.2046, 1, LONG, "sofa air_conditioning microwave water charger tools", is_example=False,
    ),
)  # fmt: skip

_MADE_UP = (
    ("春晓社区", "解放大道", 30.5982, 114.1902, 2, DAY, GOOD),
    ("桂园社区", "长丰大道", 30.6011, 114.1935, 3, WORKDAYS, PLAIN),
    ("梧桐社区", "古田四路", 30.5902, 114.2141, 2, DAY, GOOD.replace("sofa ", "")),
    ("晴川里社区", "建设大道", 30.5935, 114.2213, 3, WORKDAYS, PLAIN),
    ("江风社区", "沿河大道", 30.5752, 114.2218, 2, DAY, GOOD),
    ("石榴社区", "水厂路", 30.5781, 114.2163, 3, DAY, PLAIN),
    ("临水社区", "解放大道", 30.5808, 114.2256, 1, LONG, FULL),
    ("长虹里社区", "解放大道", 30.5829, 114.2337, 2, DAY, GOOD),
    ("玉兰社区", "汉西路", 30.5886, 114.2308, 3, WORKDAYS, PLAIN),
    ("桥东社区", "仁寿路", 30.5797, 114.2401, 2, LONG, GOOD),
    ("银杏社区", "宝丰路", 30.5847, 114.2462, 1, ALL_DAY, FULL),
    ("和乐社区", "建设大道", 30.5893, 114.2437, 3, DAY, PLAIN),
    ("荷塘社区", "中山大道", 30.5741, 114.2513, 2, DAY, GOOD),
    ("锦绣社区", "解放大道", 30.5792, 114.2531, 3, WORKDAYS, PLAIN),
    ("紫薇社区", "航空路", 30.5836, 114.2583, 2, LONG, GOOD),
    ("同心社区", "武胜路", 30.5758, 114.2604, 3, DAY, PLAIN),
    ("商埠社区", "汉正街", 30.5693, 114.2741, 1, LONG, FULL),
    ("老巷社区", "多福路", 30.5724, 114.2702, 2, DAY, GOOD),
    ("河街社区", "沿河大道", 30.5661, 114.2768, 3, NIGHT, PLAIN),
    ("石亭社区", "崇仁路", 30.5763, 114.2668, 2, DAY, GOOD),
    ("杏林社区", "利济北路", 30.5787, 114.2722, 3, WORKDAYS, PLAIN),
    ("丰禾社区", "南泥湾大道", 30.6093, 114.2057, 2, LONG, GOOD),
    ("新园社区", "丰美路", 30.6052, 114.2126, 3, UNKNOWN, PLAIN),
    ("绿洲社区", "长丰大道", 30.6034, 114.1987, 3, OFFICE, PLAIN),
    ("古槐社区", "古田二路", 30.5924, 114.1986, 2, DAY, GOOD),
    ("青年里社区", "古田一路", 30.5957, 114.1868, 3, DAY, PLAIN),
)

PLACES = (
    *DESCRIBED,
    *(
        Place(f"{name}江城蜂巢{EXAMPLE}", community(name), f"硚口区{road}{EXAMPLE}", lat, lng, grade, hours, facilities)
        for name, road, lat, lng, grade, hours, facilities in _MADE_UP
    ),
    Place(
        f"汉正街集聚区江城蜂巢{EXAMPLE}", SERVICE_ZONE, f"硚口区中山大道{EXAMPLE}",
        30.5708, 114.2657, 1, ALL_DAY, FULL,
    ),
    Place(
        f"经开区东园江城蜂巢{EXAMPLE}", ECONOMIC_ZONE, f"硚口区古田四路{EXAMPLE}",
        30.5946, 114.2092, 2, LONG, GOOD,
    ),
)  # fmt: skip
