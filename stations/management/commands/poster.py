"""The address that a station's poster leads to, as text or as a picture to be printed."""

from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import segno
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from stations.models import Station
from stations.services import posters


class Command(BaseCommand):
    help = "输出一个蜂巢签到海报的网址；--svg 另存二维码图片。完整的 A4 海报在柜台页面“海报”里打印。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("station", metavar="STATION", help="蜂巢编号，如 QK-001")
        parser.add_argument("--base", default=f"http://127.0.0.1:{settings.PORT}/", metavar="URL", help="平台的网址")
        parser.add_argument("--svg", metavar="FILE", help="把二维码写到这个 SVG 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        station = Station.objects.active().filter(code=options["station"]).first()
        if station is None:
            raise CommandError(f"没有这个蜂巢：{options['station']}")
        address = urljoin(options["base"], posters.address_of(station))
        if options["svg"]:
            with Path(options["svg"]).open("wb") as file:
                segno.make(address, error="q", micro=False).save(file, kind="svg", scale=8)
        self.stdout.write(address)
