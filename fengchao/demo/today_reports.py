"""The last hours' reports, through the services themselves: one in every state that a list should show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random

from accounts.models import Organisation, User
from fengchao.core.geo import Position
from fengchao.demo import pictures
from fengchao.demo.people import Rider
from fengchao.demo.reports import Cases
from reports import services
from reports.models import Category, Report
from reports.states import RejectReason
from stations.models import Station

MORE = "昨天就有，今天更多了（示例）"


@dataclass
class TodaysReports:
    rng: Random
    riders: list[Rider]  # ten of them and more
    stations: list[Station]
    cases: Cases
    staff: tuple[User, User]  # what one refuses the other may look at again
    moments: Iterator[datetime]

    def tell(self) -> None:
        categories = {category.code: category for category, _ in self.cases.told}
        litter, road, scam = categories["litter"], categories["road"], categories["phone-scam"]
        size, danger = {"size": "一堆"}, {"danger": "可能会"}
        first, second = self.staff
        self._file(0, litter, "楼下垃圾三天没清（示例）", size, shots=2)
        taken_on = self._file(1, road, "井盖一压就响（示例）", danger, shots=1)
        services.accept(taken_on, by=first, at=next(self.moments))
        self._file(2, scam, "自称客服，要我点链接退款（示例）", {"lost": "没有"})
        asked = self._assigned(3, road, "路面塌了一块（示例）", danger)
        services.ask(asked, text="请补充门牌号或附近店名。", by=first, at=next(self.moments))
        refused = self._file(4, litter, "河边有漂浮物（示例）", size, shots=1)
        reason = RejectReason.NOT_TRUE
        services.reject(refused, reason=reason, text="现场没有找到。", by=first, at=next(self.moments))
        services.appeal(refused, text="在桥的另一边，照片里看得见。", by=self._user(4), at=next(self.moments))
        original = self._assigned(5, litter, "花坛边堆了装修袋（示例）", size)
        again = self._file(6, litter, MORE, size, near=original, shots=1)
        services.reject(
            again, reason=RejectReason.DUPLICATE, text="已有人报过，谢谢补充。", duplicate_of=original, adds=True,
            by=first, at=next(self.moments),
        )  # fmt: skip
        done = self._resolved(7, litter, "垃圾桶满了两天（示例）", size)
        services.rate(done, stars=5, text="半天就清了", by=self._user(7), at=next(self.moments))
        reopened = self._resolved(8, road, "护栏断了一截（示例）", danger)
        services.reopen(reopened, text="绑的铁丝又松了。", by=self._user(8), at=next(self.moments))
        false = self._resolved(9, litter, "绿化带有垃圾（示例）", size)
        services.disprove(false, text="照片是去年的，网上能找到。", by=second, at=next(self.moments))

    def _file(
        self,
        turn: int,
        category: Category,
        text: str,
        answers: dict[str, str],
        *,
        near: Report | None = None,
        shots: int = 0,
    ) -> Report:
        rider, station = self.riders[turn], self.stations[turn]
        where = Position(near.lat, near.lng) if near and near.lat and near.lng else Position(station.lat, station.lng)
        return services.file(
            rider.courier, category, text=text, place=f"{station.name}门口", position=where, accuracy_m=20,
            answers=answers, photo_ids=[pictures.pavement(self.rng, by=rider.courier.user) for _ in range(shots)],
            at=next(self.moments),
        )[0]  # fmt: skip

    def _assigned(self, turn: int, category: Category, text: str, answers: dict[str, str]) -> Report:
        report = services.accept(
            self._file(turn, category, text, answers, shots=1), by=self.staff[0], at=next(self.moments)
        )
        unit = Organisation.objects.get(pk=self.cases.units[report.area_id])
        return services.assign(report, organisation=unit, by=self.staff[0], at=next(self.moments))

    def _resolved(self, turn: int, category: Category, text: str, answers: dict[str, str]) -> Report:
        report = self._assigned(turn, category, text, answers)
        assert report.assigned_to_id is not None
        worker = self.cases.handlers[report.assigned_to_id]
        services.start(report, by=worker, at=next(self.moments))
        after = [pictures.pavement(self.rng, by=worker, mended=True)]
        return services.resolve(report, text="已处理完毕（示例）", photo_ids=after, by=worker, at=next(self.moments))

    def _user(self, turn: int) -> User:
        return self.riders[turn].courier.user
