"""The categories of the demonstration, in two levels, with their questions and ready answers. All of it is 示例."""

from typing import Any, NamedTuple

from accounts.models import Organisation
from fengchao.demo.organisations import ANTI_FRAUD
from fengchao.demo.rewards import REPORT_ACCEPTED, REPORT_DUPLICATE, REPORT_RESOLVED
from reports.models import Category, Question, TextTemplate
from reports.states import QuestionKind


class Kind(NamedTuple):
    """A category of the lower level, and what is told in it."""

    code: str
    name: str
    days: int
    hint: str
    told: tuple[str, ...]


GROUPS: tuple[tuple[str, str, str, str, tuple[Kind, ...]], ...] = (
    ("hazard", "安全隐患", "triangle-alert", "有人受伤或起火，请先拨打 119 或 120。", (
        Kind("fire-lane", "消防通道堵塞", 3, "通道堆物、安全出口上锁",
             ("消防通道堆物", "安全出口上锁", "楼道堆放杂物")),
        Kind("charging", "飞线充电", 3, "电动车拉线、进楼充电", ("电动车飞线充电",)),
        Kind("road", "路面和井盖", 5, "井盖松动、路面塌陷、护栏破损",
             ("井盖松动", "路面塌陷", "护栏破损", "非机动车道积水")),
        Kind("falling", "高空和外墙", 5, "外墙松动、树枝压线", ("外墙瓷砖松动", "树枝压线")),
        Kind("utility", "水电气设施", 5, "消火栓漏水、路灯不亮", ("消火栓漏水", "路灯不亮", "燃气管道旁搭建")),
    )),
    ("rubbish", "积存垃圾", "trash-2", "", (
        Kind("litter", "暴露垃圾", 3, "垃圾没清、垃圾桶满溢", ("垃圾堆积未清", "垃圾桶满溢", "河边漂浮垃圾")),
        Kind("rubble", "建筑垃圾", 5, "装修垃圾占道", ("装修垃圾占道",)),
    )),
    ("fraud", "各类诈骗", "shield-alert", "正在被骗或已转账，请立即拨打 110 或 96110。", (
        Kind("phone-scam", "电话短信诈骗", 7, "只有反诈中心看得到", ("可疑诈骗短信", "冒充客服电话")),
        Kind("job-scam", "刷单和贷款诈骗", 7, "只有反诈中心看得到", ("街头贷款小广告", "可疑刷单传单")),
    )),
    ("other", "其他问题", "ellipsis", "", (
        Kind("blocking", "占道停放", 3, "共享单车、杂物占道", ("共享单车堵路",)),
        Kind("else", "其他", 5, "不知道选哪类就选这个", ("公交站牌破损", "健身器材损坏")),
    )),
)  # fmt: skip
SECRET = "fraud"
QUESTIONS: tuple[tuple[str, str, str, QuestionKind, list[Any], bool], ...] = (
    ("fire-lane", "floor", "在几楼？", QuestionKind.STRING, [], False),
    ("road", "danger", "会不会伤到人？", QuestionKind.SINGLE, ["会，很危险", "可能会", "不会"], True),
    ("litter", "size", "大概多少？", QuestionKind.SINGLE, ["一两袋", "一堆", "一大片"], False),
    ("phone-scam", "lost", "有没有转账？", QuestionKind.SINGLE, ["没有", "有"], True),
)
TEXTS = (
    ("accept", "谢谢你，已受理，马上派给办理单位。"),
    ("reject", "现场核实没有发现这个情况，欢迎继续上报。"),
    ("ask", "请补充具体位置，例如门牌号或附近店名。"),
    ("return", "不属于本单位管辖，建议改派。"),
    ("resolve", "已到现场处理完毕，感谢上报。"),
)


def build(tree: dict[str, Organisation]) -> list[tuple[Category, str]]:
    """The two levels with their questions and ready answers; each category with each of the things told in it."""
    earned = {
        "points_accepted": REPORT_ACCEPTED.points,
        "points_resolved": REPORT_RESOLVED.points,
        "points_duplicate": REPORT_DUPLICATE.points,
    }
    told, by_code = [], {}
    for place, (code, name, icon, notice, kinds) in enumerate(GROUPS):
        group = Category.objects.create(code=code, name=name, icon=icon, order=place, stop_notice=notice)
        secret = code == SECRET
        for order, kind in enumerate(kinds):
            category = by_code[kind.code] = Category.objects.create(
                code=kind.code, name=kind.name, parent=group, order=order, hint=kind.hint, deadline_days=kind.days,
                is_confidential=secret, handler=tree[ANTI_FRAUD] if secret else None, stop_notice=notice, **earned,
            )  # fmt: skip
            told += [(category, what) for what in kind.told]
    for code, key, label, question, choices, required in QUESTIONS:
        Question.objects.create(
            category=by_code[code], code=key, label=label, kind=question, choices=choices, is_required=required
        )
    for order, (move, text) in enumerate(TEXTS):
        TextTemplate.objects.create(move=move, title=text[:12], text=text, order=order)
    return told
