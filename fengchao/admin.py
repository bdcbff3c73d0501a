"""The admin site of the district's staff."""

from django.contrib.admin.apps import AdminConfig
from unfold.sites import UnfoldAdminSite


class FengchaoAdminSite(UnfoldAdminSite):
    pass


class FengchaoAdminConfig(AdminConfig):
    default_site = "fengchao.admin.FengchaoAdminSite"
