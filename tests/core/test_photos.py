import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import User
from fengchao.core import images, photos
from fengchao.core.models import Photo


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return out.getvalue()


def upload(data: bytes | None = None, name: str = "a.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if data is None else data)


def files(media: Path) -> int:
    return sum(path.is_file() for path in media.rglob("*"))


def post(client: APIClient, file: Any, **headers: str) -> Any:
    return client.post("/api/v1/photos/", {"file": file}, format="multipart", headers=headers)


def test_an_upload_is_taken_in(api: APIClient, user: User, media: Path) -> None:
    answer = post(api, upload(name="../../evil.php"))
    photo = Photo.objects.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {"id": photo.pk, "thumbnail": f"/photos/{photo.pk}/thumb.webp"},
    )
    assert (photo.width, photo.height, photo.uploaded_by_id, photo.is_used) == (640, 480, user.pk, False)
    assert files(media) == 2


def test_get_is_no_method(api: APIClient) -> None:
    assert api.get("/api/v1/photos/").status_code == 405


def test_only_who_is_signed_in(anonymous: APIClient, db: None, media: Path) -> None:
    assert post(anonymous, upload()).status_code == 401
    assert files(media) == 0


def test_a_repeat_is_one_photo(api: APIClient) -> None:
    first = post(api, upload(), **{"Idempotency-Key": "k"})
    again = post(api, upload(), **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Photo.objects.count() == 1
    other = post(api, [upload(), upload(picture("blue"))], **{"Idempotency-Key": "k"})
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [(b"<svg/>", 415, "unsupported_media_type"), (picture()[:400], 400, "damaged"), (b"", 400, "invalid")],
)
def test_what_is_no_picture(api: APIClient, media: Path, data: bytes, status: int, code: str) -> None:
    answer = post(api, upload(data))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["errors"][0]["field"] == "file"
    assert (files(media), Photo.objects.count()) == (0, 0)


@pytest.mark.parametrize("file", ["text", b"bytes"])
def test_a_field_that_is_no_file(api: APIClient, file: Any) -> None:
    answer = post(api, file)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "file")


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=x", b"junk", 400),
        ("multipart/form-data; boundary=" + "x" * 300, b"junk", 415),
        ('multipart/form-data; boundary="\xe9"', b"junk", 400),
        ("multipart/form-data; boundary=x", b"", 400),
        ("image/jpeg", picture(), 415),
    ],
)
def test_broken_forms(api: APIClient, content_type: str, body: bytes, status: int) -> None:
    answer = api.generic("POST", "/api/v1/photos/", body, content_type=content_type)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_too_large_is_refused_by_its_length(api: APIClient) -> None:
    answer = post(api, upload(b"\xff\xd8\xff" + bytes(images.LARGEST_FILE + 100_000)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


# --- The way out


def seen_by(user: User | None, photo: Photo, size: str = "full") -> int:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get(photos.address(photo, size)).status_code


def test_an_unused_photo_is_its_uploaders(probe: None, user: User, stranger: User) -> None:
    photo = photos.take_in(upload(), by=user)
    assert [seen_by(who, photo) for who in (user, stranger, None)] == [200, 404, 404]


def test_a_used_one_follows_the_rule_of_its_kind(
    probe: None, user: User, stranger: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(photos.RULES, "gift", lambda photo, who: photo.subject_key == "1" or who == stranger)
    photo = photos.take_in(upload(), by=user)
    photos.use(photo, "gift", "1")
    assert [seen_by(who, photo) for who in (user, stranger, None)] == [200, 200, 200]
    photos.use(photo, "gift", "2")
    assert [seen_by(who, photo) for who in (user, stranger, None)] == [404, 200, 404]
    photos.use(photo, "unheard of", "2")
    assert [seen_by(who, photo) for who in (user, stranger, None)] == [404, 404, 404]


def test_what_comes_out(probe: None, user: User) -> None:
    photo = photos.take_in(upload(), by=user)
    client = Client()
    client.force_login(user)
    answer = client.get(photos.address(photo, "thumb"))
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    assert Image.open(io.BytesIO(answer.getvalue())).size == (320, 240)
    assert client.post(photos.address(photo)).status_code == 405


def test_what_is_not_there(probe: None, user: User, media: Path) -> None:
    photo = photos.take_in(upload(), by=user)
    assert seen_by(user, photo, "original") == 404
    assert seen_by(user, Photo(pk=10**18)) == 404
    for path in list(media.rglob("*.webp")):
        path.unlink()
    assert seen_by(user, photo) == 404


# --- The end


def test_equal_pictures_share_the_file_until_the_last(user: User, stranger: User, media: Path) -> None:
    one, two = photos.take_in(upload(), by=user), photos.take_in(upload(), by=stranger)
    assert files(media) == 2
    photos.delete(one)
    assert files(media) == 2
    photos.delete(two)
    assert files(media) == 0


def test_unused_photos_go_after_a_day(user: User, media: Path) -> None:
    old, used = photos.take_in(upload(), by=user), photos.take_in(upload(picture("blue")), by=user)
    photos.use(used, "gift", "1")
    tomorrow = old.uploaded_at + timedelta(hours=24)
    assert photos.delete_unused(tomorrow) == 0
    assert photos.delete_unused(tomorrow + timedelta(seconds=1)) == 1
    assert photos.delete_unused(tomorrow + timedelta(days=9)) == 0
    assert (list(Photo.objects.all()), files(media)) == ([used], 2)
    assert photos.delete_unused(timezone.now()) == 0
