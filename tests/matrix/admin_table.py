"""Who may what in the admin: the lists of the district's staff, and the pages beside them.

`s` sees the list and its rows in scope, `a` adds, `c` changes, `d` deletes. Rows that services write are only seen;
what else may be done to them are actions, which the admin's own tests try (a role is given by `appoint`). The other
roles, and who has no second factor, do not get in.
"""

from accounts.roles import Role

SEATED = (Role.DISTRICT_ADMIN, Role.STREET_ADMIN, Role.AUDITOR, Role.SYSTEM_ADMIN)

LISTS = """
#                       district street auditor system
accounts_user           s        -      s       sc
accounts_membership     s        -      s       sd
accounts_organisation   s        -      s       sac
accounts_enterprise     sac      s      s       -
accounts_outlet         sac      sac    s       -
accounts_courier        s        s      s       -
accounts_honour         sad      s      s       -
points_grant            s        s      s       -
points_entry            s        s      s       -
points_transfer         s        s      s       -
points_earningrule      sa       s      s       -
points_refusedaward     s        s      s       -
points_budget           sac      s      s       -
points_balance          s        s      s       -
stations_station        sac      sac    s       -
stations_alert          sac      sac    s       -
stations_hoursoverride  sa       sa     s       -
stations_facility       sac      s      s       -
stations_observation    s        s      s       -
stations_graderequirement sacd   s      s       -
stations_compliance     s        s      s       -
stations_districtoutline s       s      s       -
stations_visit          s        s      s       -
stations_refusedcheckin s        s      s       -
gifts_gift              sac      s      s       -
gifts_suggestion        s        s      s       -
gifts_redemption        s        s      s       -
gifts_reservation       s        s      s       -
gifts_refusedattempt    s        s      s       -
gifts_movement          s        s      s       -
gifts_stocktake         s        s      s       -
gifts_paperslip         s        s      s       -
reports_report          s        s      s       -
reports_category        sac      s      s       -
reports_question        sacd     s      s       -
reports_texttemplate    sacd     s      s       -
reports_apikey          sa       -      s       -
wishes_wish             s        s      s       -
wishes_claim            s        s      s       -
wishes_improvement      s        s      s       -
vouchers_programme      sac      -      s       -
vouchers_slot           sa       -      s       -
vouchers_voucher        sa       -      s       -
vouchers_waiting        sa       -      s       -
activities_activity     s        s      s       -
activities_enrolment    s        s      s       -
activities_deed         s        s      s       -
activities_carevisit    s        s      s       -
activities_visitedoutlet s       s      s       -
activities_need         s        s      s       -
activities_kit          sac      s      s       -
activities_kitstock     s        s      s       -
activities_kitmovement  s        s      s       -
activities_resource     sac      sac    s       -
activities_loan         s        s      s       -
activities_pairing      sa       sa     s       -
core_auditlog           s        s      s       -
"""

PAGES = """
#                             district street auditor system
index                         200      200    200     200
login                         account_login ×4
logout                        405      405    405     405
password_change               account_change_password ×4
password_change_done          200      200    200     200
jsi18n                        200      200    200     200
search                        404      404    404     404
accounts_membership_appoint   403      403    403     200
accounts_courier_export       200      200    200     403
accounts_courier_find_by_phone 200     200    200     403
stations_station_export       200      200    200     403
stations_station_import       200      200    403     403
stations_station_process_import 405    405    405     405
stations_station_import_template 200   200    403     403
accounts_outlet_export        200      200    200     403
accounts_outlet_import        200      200    403     403
accounts_outlet_process_import 405     405    405     405
accounts_outlet_import_template 200    200    403     403
stations_observation_export   200      200    200     403
stations_compliance_export    200      200    200     403
stations_districtoutline_replace 200   403    403     403
stations_visit_export         200      200    200     403
stations_visit_footfall       200      200    200     403
stations_station_hours        405      405    403     403
gifts_redemption_export       200      200    200     403
gifts_redemption_settle       200      200    200     403
points_grant_enter            200      200    403     403
reports_report_export         200      200    200     403
reports_report_open_map       200      200    200     403
wishes_wish_export            200      200    200     403
wishes_wish_figures           200      200    200     403
wishes_claim_export           200      200    200     403
activities_activity_export    200      200    200     403
activities_enrolment_export   200      200    200     403
activities_deed_export        200      200    200     403
activities_carevisit_export   200      200    200     403
activities_visitedoutlet_export 200    200    200     403
activities_need_export        200      200    200     403
activities_kitstock_export    200      200    200     403
activities_kitmovement_export 200      200    200     403
accounts_honour_export        200      200    200     403
accounts_honour_import        200      403    403     403
accounts_honour_process_import 405     405    405     405
accounts_honour_import_template 200    403    403     403
vouchers_programme_export     200      403    200     403
vouchers_slot_export          200      403    200     403
vouchers_voucher_export       200      403    200     403
vouchers_voucher_figures      200      403    200     403
vouchers_voucher_import       200      403    403     403
vouchers_voucher_process_import 405    405    405     405
vouchers_voucher_import_template 200   403    403     403
gifts_movement_enter          200      200    403     403
activities_resource_export    200      200    200     403
activities_loan_export        200      200    200     403
activities_pairing_export     200      200    200     403
"""


def _read(table: str) -> dict[str, dict[str, str]]:
    found = {}
    for line in table.strip().splitlines():
        if not line.startswith("#"):
            name, *cells = line.split()
            if cells[-1].startswith("×"):
                cells = cells[:1] * int(cells[-1][1:])
            found[name] = dict(zip(map(str, SEATED), cells, strict=True))
    return found


LIST_ROWS = _read(LISTS)
PAGE_ROWS = _read(PAGES)
