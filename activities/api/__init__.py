"""Activities and who takes part, deeds that couriers tell of, visits to outlets."""

from django.urls import path

from activities.api import care
from activities.api.activities import Activities, ActivityDetail, Enrolments
from activities.api.deeds import DeedApprove, DeedDetail, DeedReject, Deeds
from activities.api.moves import DOORS, view_of
from activities.api.part import Attend, Enrol, Leave

urlpatterns = [
    path("activities/", Activities.as_view(), name="api_activities"),
    path("activities/<int:activity_id>/", ActivityDetail.as_view(), name="api_activity"),
    path("activities/<int:activity_id>/enrolments/", Enrolments.as_view(), name="api_activity_enrolments"),
    path("activities/<int:activity_id>/enrol/", Enrol.as_view(), name="api_activity_enrol"),
    path("activities/<int:activity_id>/leave/", Leave.as_view(), name="api_activity_leave"),
    path("activities/<int:activity_id>/attend/", Attend.as_view(), name="api_activity_attend"),
    *[
        path(f"activities/<int:activity_id>/{door.move}/", view_of(door).as_view(), name=f"api_activity_{door.name}")
        for door in DOORS
    ],
    path("deeds/", Deeds.as_view(), name="api_deeds"),
    path("deeds/<int:deed_id>/", DeedDetail.as_view(), name="api_deed"),
    path("deeds/<int:deed_id>/approve/", DeedApprove.as_view(), name="api_deed_approve"),
    path("deeds/<int:deed_id>/reject/", DeedReject.as_view(), name="api_deed_reject"),
    path("care-visits/", care.CareVisits.as_view(), name="api_care_visits"),
    path("care-visits/<int:visit_id>/", care.CareVisitDetail.as_view(), name="api_care_visit"),
    path("care-visits/<int:visit_id>/done/", care.CareVisitDone.as_view(), name="api_care_visit_done"),
    path("care-visits/<int:visit_id>/cancel/", care.CareVisitCancel.as_view(), name="api_care_visit_cancel"),
    path("care-visits/<int:visit_id>/needs/", care.CareVisitNeeds.as_view(), name="api_care_visit_needs"),
    path("care-kits/", care.CareKits.as_view(), name="api_care_kits"),
]
