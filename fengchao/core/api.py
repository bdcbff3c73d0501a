"""What every app shares, by program: photos, the entrance of every picture, and one's own notices."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics, serializers, viewsets
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from fengchao.core import notices, photos
from fengchao.core.errors import BadValue
from fengchao.core.idempotency import respond
from fengchao.core.models import Notice, Photo
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


class NoticeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Notice
        fields = ["id", "kind", "title", "text", "link", "at", "read_at"]


NOTICE = OpenApiExample(
    "通知",
    value={
        "id": 88,
        "kind": "grant_approved",
        "title": "60 分到账",
        "text": "协助值守",
        "link": "/points/",
        "at": "2026-11-24T14:02:00+08:00",
        "read_at": None,
    },
    response_only=True,
)


class NoticeList(generics.GenericAPIView):
    """What the caller was told, newest first."""

    permission_classes = [SignedIn]
    serializer_class = NoticeSerializer
    ordering = ("-id",)

    @extend_schema(
        operation_id="notices_list", summary="我的通知", examples=[NOTICE], responses=NoticeSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(notices.of(request.user))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class NoticeRead(APIView):
    permission_classes = [SignedIn]

    @extend_schema(
        operation_id="notices_read", summary="标为已读", request=None, responses=NoticeSerializer, examples=[NOTICE]
    )
    def post(self, request: Request, notice_id: int) -> Response:
        return Response(NoticeSerializer(notices.read(request.user, notice_id)).data)
