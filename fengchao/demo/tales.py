"""What couriers did and were told, in the words of their statements; what they noticed stands in `reports`."""

DONE = (
    "社区清洁日", "路口文明劝导", "为独居老人送餐", "反诈宣传进小区", "防汛值守", "帮老人搬重物", "义务维修日",
    "安全知识宣讲", "邻里互助服务", "楼栋安全巡查",
)  # fmt: skip

PRAISED = (
    "高温天坚守岗位", "拾金不昧", "协助寻找走失老人", "及时扑灭初起火情", "队伍共育学习表现突出", "服务之星月度表扬",
    "协助疏导交通",
)  # fmt: skip

CARRIED = "上年结转（示例）"

ANNULLED = ("选错礼品，重新兑换", "快递小哥想换一种礼品", "包装破损，改日再领", "重复点击")

TAKEN_BACK = "同一件事登记了两次（示例）"
REJECTED = "请补充表扬来源后再报（示例）"

MOVED = {
    "returned": "快递小哥退回，未拆封（示例）",
    "written_off": "包装破损（示例）",
    "transferred": "对方站点缺货（示例）",
    "counted": "日常盘点（示例）",
}
COUNTED = "月末盘点（示例）"
OUTAGE = "社区断网，手写登记（示例）"
SLIP_REJECTED = "签字看不清，请核对原件（示例）"

WANTED = (
    "冰袖", "充电宝", "雨靴", "保温杯", "护膝", "手机支架", "反光背心", "电动车坐垫", "头盔内衬", "驱蚊水", "创可贴",
    "暖手宝",
)  # fmt: skip
# The first of them are answered: state, reply.
ANSWERS = (("accepted", "已列入下一批采购（示例）"), ("declined", "价格偏高，暂不采购（示例）"))
