"""The control's two addresses: a hand-over, and a view that does nothing."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.control.models import Courier, Entry, Redemption, Stock


class HandOver(serializers.Serializer):
    courier = serializers.IntegerField()
    station = serializers.IntegerField()
    gift = serializers.IntegerField()
    points = serializers.IntegerField()


class Redemptions(APIView):
    @transaction.atomic
    def post(self, request: Request) -> Response:
        shape = HandOver(data=request.data)
        shape.is_valid(raise_exception=True)
        wanted = shape.validated_data
        courier = Courier.objects.select_for_update().get(pk=wanted["courier"])
        if courier.points < wanted["points"]:
            return Response({"code": "insufficient_points"}, status=409)
        courier.points -= wanted["points"]
        courier.save()
        stock = Stock.objects.select_for_update().get(station=wanted["station"], gift=wanted["gift"])
        if stock.on_hand < 1:
            return Response({"code": "sold_out"}, status=409)
        stock.on_hand -= 1
        stock.save()
        Entry.objects.create(courier=courier, amount=-wanted["points"], balance_after=courier.points)
        made = Redemption.objects.create(courier=courier, stock=stock, points=wanted["points"], by=request.user)
        return Response({"number": made.pk, "balance_after": courier.points}, status=201)


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


urlpatterns = [path("redemptions/", Redemptions.as_view()), path("hello/", hello)]
