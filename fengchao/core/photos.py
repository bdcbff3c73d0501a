"""One entrance for every picture and one way out.

A picture comes in through `take_in`, belongs to nobody until something `use`s it, and is served by `serve` under the
rule of what it belongs to. Equal pictures share a file; the last row that names it takes it along.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from fengchao.core import clock, images
from fengchao.core.audit import Actor
from fengchao.core.errors import BadValue, RuleBroken
from fengchao.core.models import Photo
from fengchao.core.transactions import unit_of_work

KEPT_UNUSED = timedelta(hours=24)
SIZES = ("full", "thumb")

Rule = Callable[[Photo, Any], bool]
RULES: dict[str, Rule] = {}


class PhotoNotYours(BadValue):
    message = "有照片已失效，请重新上传。"


class ReplacedMeanwhile(RuleBroken):
    code = "changed"
    message = "这张照片刚刚被换过，请刷新再看。"


def register(kind: str, rule: Rule) -> None:
    """Say who may see the pictures of `kind`. A kind without a rule is shown to nobody."""
    RULES[kind] = rule


def take_in(upload: UploadedFile, *, by: Actor) -> Photo:
    """Judge, redraw and keep the picture (`core.images`, whose refusals it raises); unused it lives 24 hours."""
    return keep(redraw(upload), by=by)


def redraw(upload: UploadedFile) -> images.Redrawn:
    """The first half of `take_in`, for a door with a transaction of its own: this takes a while and no database."""
    return images.redraw(upload, size=upload.size or 0)  # type: ignore[arg-type]


def keep(redrawn: images.Redrawn, *, by: Actor) -> Photo:
    """The second half of `take_in`."""
    digest = hashlib.sha256(redrawn.full).hexdigest()
    photo = Photo(
        digest=digest,
        width=redrawn.width,
        height=redrawn.height,
        uploaded_by_id=by.pk,
        uploaded_at=clock.now(),
    )
    with unit_of_work():
        _lock_file(digest)
        _write(photo, redrawn)
        photo.save()
    return photo


def opened(photo: Photo) -> IO[bytes]:
    """The whole picture, for a service that makes another of it."""
    return default_storage.open(photo.file_name("full"))


def replace(photo: Photo, redrawn: images.Redrawn) -> Photo:
    """Put `redrawn` in the place of what the row names: same row, same address, new bytes, also of the small picture.

    The old files go once this is committed, unless another row shares them: after a rollback the row needs them still.
    Raises ReplacedMeanwhile when somebody was faster than the caller who made `redrawn`. Locks the row.
    """
    old, new = photo.digest, hashlib.sha256(redrawn.full).hexdigest()
    with unit_of_work():
        locked = Photo.objects.select_for_update().filter(pk=photo.pk, digest=old).first()
        if locked is None:
            raise ReplacedMeanwhile
        locked.digest, locked.width, locked.height = new, redrawn.width, redrawn.height
        locked.replaced_at = clock.now()
        _lock_file(new)
        _write(locked, redrawn)
        locked.save()
        transaction.on_commit(lambda: _sweep(old))
    return locked


def use(photo: Photo, kind: str, subject_key: str) -> None:
    """From now on the photo belongs to this object. The caller has checked that it is the uploader's and unused."""
    photo.kind, photo.subject_key = kind, subject_key
    photo.save(update_fields=["kind", "subject_key"])


def attach(photo_ids: Sequence[int], kind: str, subject_key: str, *, by: Actor, field: str = "photos") -> None:
    """Make the uploads of `by` pictures of this object, in the order of their upload. Raises PhotoNotYours unless all
    are his and unused. Locks their rows."""
    wanted = set(photo_ids)
    if not wanted:
        return
    found = Photo.objects.select_for_update().filter(pk__in=wanted, uploaded_by_id=by.pk, kind="").order_by("pk")
    uploads = list(found)
    if len(uploads) != len(wanted):
        raise PhotoNotYours(field=field)
    for photo in uploads:
        use(photo, kind, subject_key)


def of(subject_key: str, *kinds: str) -> list[Photo]:
    """The pictures of an object of these kinds, in the order they came in."""
    return list(Photo.objects.filter(kind__in=kinds, subject_key=subject_key).order_by("pk"))


def delete(photo: Photo) -> None:
    """The row, and the files when no other row names them."""
    with unit_of_work():
        _lock_file(photo.digest)
        photo.delete()
        _delete_unneeded(photo.digest)


def delete_unused(at: datetime | None = None) -> int:
    """Delete what nothing used within 24 hours of its upload; how many."""
    long_ago = (at or clock.now()) - KEPT_UNUSED
    deleted = 0
    for key in list(Photo.objects.filter(kind="", uploaded_at__lt=long_ago).values_list("pk", flat=True)):
        with unit_of_work():
            # Looked at again under the lock: somebody may be using it this moment.
            photo = Photo.objects.select_for_update(skip_locked=True).filter(pk=key, kind="").first()
            if photo is not None:
                delete(photo)
                deleted += 1
    return deleted


def address(photo: Photo, size: str = "full") -> str:
    version = f"?v={int(photo.replaced_at.timestamp() * 1000)}" if photo.replaced_at else ""
    return reverse("photo", args=[photo.pk, size]) + version


def may_see(photo: Photo, user: Any) -> bool:
    """Unused pictures are their uploader's alone."""
    if not photo.is_used:
        return bool(user.is_authenticated and user.pk == photo.uploaded_by_id)
    rule = RULES.get(photo.kind)
    return rule is not None and rule(photo, user)


@require_safe
def serve(request: HttpRequest, photo_id: int, size: str) -> HttpResponseBase:
    """The bytes, to whoever may see what the picture belongs to; for all others it is not there."""
    photo = Photo.objects.filter(pk=photo_id).first()
    if photo is None or size not in SIZES or not may_see(photo, request.user):
        raise Http404
    try:
        file = default_storage.open(photo.file_name(size))
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type="image/webp")
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _write(photo: Photo, redrawn: images.Redrawn) -> None:
    for size, content in (("full", redrawn.full), ("thumb", redrawn.thumb)):
        if not default_storage.exists(photo.file_name(size)):
            default_storage.save(photo.file_name(size), ContentFile(content))


def _sweep(digest: str) -> None:
    with unit_of_work():
        _lock_file(digest)
        _delete_unneeded(digest)


def _delete_unneeded(digest: str) -> None:
    """Under the lock of the file."""
    if not Photo.objects.filter(digest=digest).exists():
        for size in SIZES:
            default_storage.delete(Photo(digest=digest).file_name(size))


def _lock_file(digest: str) -> None:
    # To the end of the transaction: between "is the file there" and "the row is there" nobody may find it unneeded.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])
