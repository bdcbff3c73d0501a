"""Pictures that come with a form or before it: what was taken in, and what was refused and why."""

from dataclasses import dataclass, field

from django.http import HttpRequest

from fengchao.core import photos
from fengchao.core.errors import RuleBroken
from fengchao.core.models import Photo


@dataclass
class Pictures:
    """`kept` wait to be used, `refused` are sentences for the person; one does not lose the other."""

    kept: list[Photo] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    most: int = 1

    @property
    def ids(self) -> list[int]:
        return [photo.pk for photo in self.kept]

    @property
    def room(self) -> int:
        return max(0, self.most - len(self.kept))

    def without(self, sentence: str) -> "Pictures":
        """The service would not have them: they are to be chosen again."""
        return Pictures([], [*self.refused, sentence], self.most)


def pictures_of(request: HttpRequest, *, most: int) -> Pictures:
    """What was uploaded before (`photo`, a number each) and is still there, and what this request brings (`photos`),
    up to `most` in all."""
    given = Pictures(_uploaded(request, most), most=most)
    for upload in request.FILES.getlist("photos"):
        if not given.room:
            given.refused.append(f"最多 {most} 张照片，多出来的没有收。")
            break
        name = str(upload.name)[:40]
        if not upload.size:
            given.refused.append(f"“{name}”是空的，请换一张。")
            continue
        try:
            given.kept.append(photos.take_in(upload, by=request.user))
        except RuleBroken as refusal:
            given.refused.append(f"“{name}”没有收：{refusal.message}")
    return given


def _uploaded(request: HttpRequest, most: int) -> list[Photo]:
    """His own and unused, in the order in which the form names them."""
    named = [int(key) for key in request.POST.getlist("photo") if key.isascii() and key.isdigit() and len(key) < 18]
    found = Photo.objects.filter(pk__in=named[: 2 * most], uploaded_by_id=request.user.pk or 0, kind="")
    by_key = {photo.pk: photo for photo in found}
    return [by_key[key] for key in dict.fromkeys(named) if key in by_key][:most]


def lost(request: HttpRequest, given: Pictures) -> bool:
    """Whether the form names pictures that are no longer there: a day has gone by, or they were used."""
    return not set(request.POST.getlist("photo")) <= {str(key) for key in given.ids}
