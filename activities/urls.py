"""Pages of this app."""

from django.urls import path

from activities.desk import activities as desk
from activities.desk import attendance, board, care, care_kits, care_plan, loans, pictures, sharing, writing
from activities.desk import deeds as desk_deeds
from activities.views import activities, deeds, hours, listing

urlpatterns = [
    path("activities/", listing.activities, name="activities"),
    path("activities/<int:activity_id>/", activities.activity, name="activity"),
    path("activities/<int:activity_id>/calendar.ics", activities.calendar, name="activity_calendar"),
    path("activities/<int:activity_id>/here/", activities.here, name="activity_here"),
    path("activities/<int:activity_id>/<slug:name>/", activities.move, name="activity_move"),
    path("me/service/", hours.my_service, name="my_service"),
    path("me/service/<int:year>/", hours.paper, name="my_certificate"),
    path("certificates/<str:token>/", hours.certificate, name="certificate"),
    path("deeds/", deeds.my_deeds, name="deeds"),
    path("deeds/new/", deeds.new_deed, name="deed_new"),
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
    path("desk/activities/", board.activities, name="desk_activities"),
    path("desk/activities/new/", writing.new, name="desk_activity_new"),
    path("desk/activities/<int:activity_id>/", desk.activity, name="desk_activity"),
    path("desk/activities/<int:activity_id>/edit/", writing.edit, name="desk_activity_edit"),
    path("desk/activities/<int:activity_id>/poster/", desk.poster, name="desk_activity_poster"),
    path("desk/activities/<int:activity_id>/scan/", attendance.scan, name="desk_activity_scan"),
    path("desk/activities/<int:activity_id>/list/", attendance.tick, name="desk_activity_tick"),
    path("desk/activities/<int:activity_id>/photos/", pictures.add, name="desk_activity_photos"),
    path("desk/activities/<int:activity_id>/photos/remove/", pictures.remove, name="desk_activity_photo_remove"),
    path("desk/activities/<int:activity_id>/<slug:move>/", desk.move, name="desk_activity_move"),
    path("desk/deeds/", desk_deeds.deeds, name="desk_deeds"),
    path("desk/deeds/<int:deed_id>/", desk_deeds.deed, name="desk_deed"),
    path("desk/deeds/<int:deed_id>/<slug:move>/", desk_deeds.move, name="desk_deed_move"),
]
