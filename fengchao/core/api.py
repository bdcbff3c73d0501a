"""POST photos/: the entrance of every picture."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from fengchao.core import photos
from fengchao.core.errors import BadValue
from fengchao.core.idempotency import respond
from fengchao.core.models import Photo
from fengchao.core.permissions import SignedIn


class PhotoUpload(serializers.Serializer):
    file = serializers.FileField(write_only=True)


class PhotoTaken(serializers.Serializer):
    id = serializers.IntegerField()
    thumbnail = serializers.CharField()


class PhotoViewSet(viewsets.ViewSet):
    permission_classes = [SignedIn]
    parser_classes = [MultiPartParser]
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
