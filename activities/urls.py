"""Pages of this app."""

from django.urls import path

from activities.desk import care, care_kits, care_plan, loans, sharing
from activities.views import activities, deeds

urlpatterns = [
    path("activities/<int:activity_id>/", activities.activity, name="activity"),
    path("activities/<int:activity_id>/here/", activities.here, name="activity_here"),
    path("deeds/<int:deed_id>/", deeds.deed, name="deed"),
    path("desk/care/", care.visits, name="desk_care"),
    path("desk/care/plan/", care_plan.plan, name="desk_care_plan"),
    path("desk/care/board/", care_plan.board, name="desk_care_board"),
    path("desk/care/kits/", care_kits.stock, name="desk_care_kits"),
    path("desk/care/<int:key>/", care.visit, name="desk_care_visit"),
    path("desk/care/<int:key>/cancel/", care.cancel, name="desk_care_cancel"),
    path("desk/care/<int:key>/needs/", care.add_need, name="desk_care_need_add"),
    path("desk/sharing/", sharing.resources, name="desk_sharing"),
    path("desk/sharing/<int:key>/", sharing.resource, name="desk_resource"),
    path("desk/sharing/loans/<int:key>/", loans.loan, name="desk_loan"),
    path("desk/sharing/loans/<int:key>/<slug:name>/", loans.move, name="desk_loan_move"),
]
