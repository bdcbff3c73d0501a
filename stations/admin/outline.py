"""The district's outline on the map: seen here, replaced by a file."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextInputWidget

from fengchao.core.admin import AskForm, ReadOnly, me
from fengchao.core.errors import RuleBroken
from stations.models import DistrictOutline
from stations.services.outlines import LARGEST_FILE, replace_outline


class OutlineForm(AskForm):
    source = forms.CharField(
        label="来源", max_length=100, help_text="如：区自然资源和规划局，2026 年", widget=UnfoldAdminTextInputWidget
    )
    file = forms.FileField(
        label="GeoJSON 文件",
        help_text="区界的面，经纬度为 WGS-84，1 MB 以内。",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".geojson,.json"}),
    )

    def clean_file(self) -> str:
        """The text of the file. What it says is looked at by the service."""
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST_FILE:
            raise forms.ValidationError("文件太大，请简化到 1 MB 以内。")
        try:
            return str(upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError("文件不是 UTF-8 编码的 GeoJSON。") from error


@admin.register(DistrictOutline)
class OutlineAdmin(ReadOnly):
    list_display = ("source", "areas", "updated_at")
    fields = ("source", "areas", "updated_at")
    actions_list = ("replace",)

    def has_replace_permission(self, request: HttpRequest) -> bool:
        return bool(me(request).has_role(*self.rights().change))

    @action(description="上传区划边界", icon="upload", permissions=["replace"])
    def replace(self, request: HttpRequest) -> HttpResponse:
        posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = OutlineForm(*posted)
        if form.is_bound and form.is_valid():
            given = form.cleaned_data
            try:
                replace_outline(given["file"], source=given["source"], by=me(request))
            except RuleBroken as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, "地图上已换成这份边界。")
                return HttpResponseRedirect(reverse("admin:stations_districtoutline_changelist"))
        return self.form_page(request, form, title="上传区划边界", button="上传")

    @display(description="块数")
    def areas(self, outline: DistrictOutline) -> int:
        return len(outline.geojson["coordinates"])
