"""POST photos/: the entrance of every picture."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.parsers import DataAndFiles, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from fengchao.core import images, photos
from fengchao.core.errors import BadValue, TooLarge
from fengchao.core.idempotency import respond
from fengchao.core.models import Photo
from fengchao.core.permissions import SignedIn

AROUND_THE_FILE = 64 * 1024  # what multipart adds


class PhotoParser(MultiPartParser):
    """Refuses by the announced length, before anything is written to disk."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> DataAndFiles:
        request = (parser_context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > images.LARGEST_FILE + AROUND_THE_FILE:
            raise TooLarge("照片文件太大，请选 20 MB 以内的照片。", field="file")
        return super().parse(stream, media_type, parser_context)


class PhotoUpload(serializers.Serializer):
    file = serializers.FileField(write_only=True)


class PhotoTaken(serializers.Serializer):
    id = serializers.IntegerField()
    thumbnail = serializers.CharField()


class PhotoViewSet(viewsets.ViewSet):
    permission_classes = [SignedIn]
    parser_classes = [PhotoParser]
    idempotent = "honoured"

    @extend_schema(
        operation_id="photos_create",
        summary="上传照片",
        description="24 小时内没有被使用的照片会自动删除。位置等信息不会保留。",
        request={"multipart/form-data": PhotoUpload},
        responses={201: PhotoTaken},
        examples=[
            OpenApiExample("照片", value={"id": 1024, "thumbnail": "/photos/1024/thumb.webp"}, response_only=True)
        ],
    )
    def create(self, request: Request) -> Response:
        redrawn = photos.redraw(_upload(request))
        return respond(request, lambda: photos.keep(redrawn, by=request.user), _taken, required=False)


def _upload(request: Request) -> UploadedFile:
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile) or not upload.size:
        raise BadValue("请在 file 中上传一张照片。", field="file")
    return upload


def _taken(photo: Photo) -> tuple[int, dict[str, Any]]:
    return 201, {"id": photo.pk, "thumbnail": photos.address(photo, "thumb")}
