# ruff: noqa: E501  # a table is read by its columns
"""Who may what: the one table of expected answers.

A row is an address, a method, and the answer to each who may ask. A cell is a status, or the name of the page to which
the person is led; `200×3` stands for three columns. `200/404` is the answer for a thing in scope (own) and the answer
for one that is not; for a thing that never existed the answer is the second again, to the byte; `200~404` differs only
for what never existed, and `200/403~404` is all three: what everybody reads and not everybody moves. What a body or a query names out of scope is 400.

The columns: nobody signed in; who signed in by text message for the first time; a registered courier; somebody with
every role there is who signed in by text message only; then the roles, seated as `world.py` says, each with password
and authenticator app and without recovery codes.
"""

from accounts.roles import Role
from tests.matrix.world import BY_SMS, COURIER, NEWCOMER, NOBODY

COLUMNS = (
    NOBODY, NEWCOMER, COURIER, BY_SMS, Role.DISTRICT_ADMIN, Role.STREET_ADMIN, Role.COUNTER, Role.HANDLER, Role.CLAIMER,
    Role.CLINIC, Role.OUTLET_MANAGER, Role.AUDITOR, Role.SYSTEM_ADMIN,
)  # fmt: skip

TABLE = """
#                                  nobody   newcomer courier  by sms   district street   counter  handler  claimer  clinic   outlet   auditor  system
api_auth_code               POST   204×13
api_auth_token              POST   400×13
api_auth_token              DELETE 401      204      204      204      204      204      204      204      204      204      204      204      204
api_me                      GET    401      200      200      200      200      200      200      200      200      200      200      200      200
api_me                      PATCH  401      200      200      200      403      403      403      403      403      403      403      403      403
api_me                      DELETE 401      204      204      403      204      204      204      204      204      204      204      204      204
api_me_data                 GET    401      200      200      200      200      200      200      200      200      200      200      200      200
api_me_code                 GET    401      403      200      403      403      403      403      403      403      403      403      403      403
api_points                  GET    401      403      200      403      403      403      403      403      403      403      403      403      403
api_entries                 GET    401      403      200      403      403      403      403      403      403      403      403      403      403
api_outlets                 GET    200×13
api_courier_verify          POST   401      403      403      403      200/404  200/404  200/404  403      403      403      200/404  403      403
api_grants                  GET    401      403      403      403      200      200      403      403      403      403      403      200      403
api_grants                  POST   401      403      403      403      201/400  201/400  403      403      403      403      403      403      403
api_grant                   GET    401      403      403      403      200/404  200/404  403      403      403      403      403      200/404  403
api_grant_approve           POST   401      403      403      403      200/404  200/404  403      403      403      403      403      403/404  403
api_grant_reject            POST   401      403      403      403      200/404  200/404  403      403      403      403      403      403/404  403
api_stations                GET    200×13
open311_discovery           GET    200×13
open311_services            GET    200×13
open311_definition          GET    200×13
open311_requests            GET    200×13
open311_requests            POST   403×13
open311_request             GET    200~404×13
open311_token               GET    200~404×13
api_station                 GET    200~404×13
api_stations_geojson        GET    200×13
api_stations_csv            GET    200×13
api_observations            POST   401      403      201~404  403      201/404  201/404  201/404  403      403      403      403      403      403
api_check_ins               POST   401      403      201~404  403      201/404  201/404  201/404  403      403      403      403      403      403
api_identify                POST   401      403      403      403      200/400  200/400  200/400  403      403      403      403      403      403
api_gifts                   GET    200~400×13
api_reservations            GET    401      403      200      403      403      403      403      403      403      403      403      403      403
api_reservations            POST   401      403      201~400  403      403      403      403      403      403      403      403      403      403
api_reservation             DELETE 401      403      204/404  403      403      403      403      403      403      403      403      403      403
api_redemptions             GET    401      403      403      403      200/400  200/400  200/400  403      403      403      403      200/400  403
api_redemptions             POST   401      403      403      403      201/400  201/400  201/400  403      403      403      403      403      403
api_redemption              GET    401      403      403      403      200/404  200/404  200/404  403      403      403      403      200/404  403
api_redemption_annul        POST   401      403      403      403      200/404  200/404  200/404  403      403      403      403      403/404  403
api_stock                   GET    401      403      403      403      200/400  200/400  200/400  403      403      403      403      200/400  403
api_movements               POST   401      403      403      403      201/400  201/400  201/400  403      403      403      403      403      403
api_report_categories       GET    200×13
api_reports_similar         GET    401      403      200      403      403      403      403      403      403      403      403      403      403
api_reports                 GET    401      403      200      403      200      200      403      200      403      403      403      200      403
api_reports                 POST   401      403      201~400  403      403      403      403      403      403      403      403      403      403
api_report                  GET    401      403      200/404  403      200/404  200/404  403      200/404  403      403      403      200/404  403
api_report_accept           POST   401      403      403/404  403      200/404  200/404  403      404      403      403      403      403/404  403
api_report_assign           POST   401      403      403/404  403      200/404  200/404  403      404      403      403      403      403/404  403
api_report_start            POST   401      403      403/404  403      403/404  403/404  403      200/404  403      403      403      403/404  403
api_report_return           POST   401      403      403/404  403      403/404  403/404  403      200/404  403      403      403      403/404  403
api_report_ask              POST   401      403      403/404  403      200/404  200/404  403      200/404  403      403      403      403/404  403
api_report_answer           POST   401      403      200/404  403      403/404  403/404  403      403/404  403      403      403      403/404  403
api_report_reopen           POST   401      403      200/404  403      200/404  200/404  403      403/404  403      403      403      403/404  403
api_report_appeal           POST   401      403      200/404  403      403/404  403/404  403      404      403      403      403      403/404  403
api_report_resolve          POST   401      403      403/404  403      403/404  403/404  403      200/404  403      403      403      403/404  403
api_report_reject           POST   401      403      403/404  403      200/404  200/404  403      404      403      403      403      403/404  403
api_report_rate             POST   401      403      200/404  403      403/404  403/404  403      403/404  403      403      403      403/404  403
api_report_disprove         POST   401      403      403/404  403      200/404  200/404  403      403/404  403      403      403      403/404  403
api_report_category         POST   401      403      403/404  403      200/404  200/404  403      404      403      403      403      403/404  403
api_activities              GET    200×13
api_activities              POST   401      403      403      403      201/400  201/400  201/400  403      403      403      403      403      403
api_activity                GET    404      404      404      404      200/404  200/404  200/404  404      404      404      404      200/404  404
api_activity                PATCH  401      403      404      403      200/404  200/404  200/404  404      404      404      404      403/404  404
api_activity_enrolments     GET    401      403      403~404  403      200/403~404 200/403~404 200/403~404 403~404  403~404  403~404  403~404  200/403~404 403~404
api_activity_enrol          POST   401      403      201~404  403      403      403      403      403      403      403      403      403      403
api_activity_leave          POST   401      403      200~404  403      403      403      403      403      403      403      403      403      403
api_activity_attend         POST   401      403      200~404  403      200/403~404 200/403~404 200/403~404 403~404  403~404  403~404  403~404  403~404  403~404
api_activity_publish        POST   401      403      404      403      200/404  200/404  200/404  404      404      404      404      403/404  404
api_activity_start          POST   401      403      403~404  403      200/403~404 200/403~404 200/403~404 403~404  403~404  403~404  403~404  403~404  403~404
api_activity_finish         POST   401      403      403~404  403      200/403~404 200/403~404 200/403~404 403~404  403~404  403~404  403~404  403~404  403~404
api_activity_cancel         POST   401      403      403~404  403      200/403~404 200/403~404 200/403~404 403~404  403~404  403~404  403~404  403~404  403~404
api_activity_confirm        POST   401      403      403~404  403      200/403~404 200/403~404 200/403~404 403~404  403~404  403~404  403~404  403~404  403~404
api_activity_no_show        POST   401      403      403~404  403      200/403~404 200/403~404 200/403~404 403~404  403~404  403~404  403~404  403~404  403~404
api_deeds                   GET    401      403      200      403      200      200      200      200      200      200      200      200      200
api_deeds                   POST   401      403      201      403      403      403      403      403      403      403      403      403      403
api_deed                    GET    401      403      200/404  403      200/404  200/404  200/404  404      404      404      404      200/404  404
api_deed_approve            POST   401      403      403/404  403      200/404  200/404  200/404  404      404      404      404      403/404  404
api_deed_reject             POST   401      403      403/404  403      200/404  200/404  200/404  404      404      404      404      403/404  404
api_wishes                  GET    200×13
api_wishes                  POST   401      403      201~400  403      201/400  201/400  201/400  403      403      403      403      403      403
api_wish                    GET    404      404      200/404  404      200/404  200/404  404      404      404      404      404      200/404  404
api_wish_approve            POST   401      403      403/404  403      200/404  200/404  404      404      404      404      404      403/404  404
api_wish_reject             POST   401      403      403/404  403      200/404  200/404  404      404      404      404      404      403/404  404
api_wish_claim              POST   401      403      403~404  403      403~404  403~404  403~404  403~404  200/403~404 403~404  403~404  403~404  403~404
api_wish_progress           POST   401      403      403~404  403      403~404  403~404  403~404  403~404  200/403~404 403~404  403~404  403~404  403~404
api_wish_release            POST   401      403      403~404  403      403~404  403~404  403~404  403~404  200/403~404 403~404  403~404  403~404  403~404
api_wish_deliver            POST   401      403      403~404  403      403~404  403~404  403~404  403~404  200/403~404 403~404  403~404  403~404  403~404
api_wish_confirm            POST   401      403      200/403~404 403      403~404  403~404  403~404  403~404  403~404  403~404  403~404  403~404  403~404
api_wish_thank              POST   401      403      200/403~404 403      403~404  403~404  403~404  403~404  403~404  403~404  403~404  403~404  403~404
api_wish_withdraw           POST   401      403      200/404  403      200/404  200/404  404      404      404      404      404      403/404  404
api_programmes              GET    401      403      200      403      200      403      403      403      403      200      403      200      403
api_programme_wait          POST   401      403      403      403      201/404  403      403      403      403      403/404  403      403/404  403
api_vouchers                GET    401      403      200      403      200      403      403      403      403      200      200      200      403
api_vouchers                POST   401      403      403      403      201/400  403      403      403      403      403      403      403      403
api_voucher                 GET    401      403      200/404  403      200/404  404      404      404      404      200/404  200/404  200/404  404
api_voucher_check_in        POST   401      403      403/404  403      403/404  404      404      404      404      200/404  403/404  403/404  404
api_voucher_tick            POST   401      403      403/404  403      403/404  404      404      404      404      200/404  403/404  403/404  404
api_voucher_complete        POST   401      403      403/404  403      403/404  404      404      404      404      200/404  403/404  403/404  404
api_voucher_no_show         POST   401      403      403/404  403      403/404  404      404      404      404      200/404  403/404  403/404  404
api_voucher_void            POST   401      403      403/404  403      200/404  404      404      404      404      403/404  403/404  403/404  404
api_voucher_wait            POST   401      403      200/404  403      403      403      403      403      403      403      403      403      403
api_voucher_wait            DELETE 401      403      204/404  403      403      403      403      403      403      403      403      403      403
api_slots                   GET    401      403      200/400  403      200/400  403      403      403      403      200/400  403      200/400  403
api_bookings                POST   401      403      201/400  403      403      403      403      403      403      403      403      403      403
api_booking                 PATCH  401      403      200/404  403      403      403      403      403      403      403      403      403      403
api_booking                 DELETE 401      403      204/404  403      403      403      403      403      403      403      403      403      403
api_care_visits             GET    401  403  403  403  200  200  200  403  403  403  403  200  403
api_care_visits             POST   401  403  403  403  201/400  201/400  201/400  403  403  403  403  403  403
api_care_visit              GET    401  403  403  403  200/404  200/404  200/404  403  403  403  403  200/404  403
api_care_visit_done         POST   401  403  403  403  200/404  200/404  200/404  403  403  403  403  403/404  403
api_care_visit_cancel       POST   401  403  403  403  200/404  200/404  200/404  403  403  403  403  403/404  403
api_care_visit_needs        POST   401  403  403  403  201/404  201/404  201/404  403  403  403  403  403/404  403
api_care_kits               GET    401  403  403  403  200  200  200  403  403  403  403  200  403
api_figures                 GET    200×13
api_notices                 GET    401      200×12
api_notice_read             POST   401      404      200/404  404      404      404      404      404      404      404      404      404      404
api_photos                  POST   401      201      201      201      201      201      201      201      201      201      201      201      201
api_schema                  GET    200×13
api_docs                    GET    200×13
screen                      GET    200×13
service_worker              GET    200×13
offline                     GET    200×13
offline_data                GET    200×13
my_data                     GET    sign_in register 200 register sign_in×9
notices                     GET    sign_in register 200 register sign_in×9
notices_read                POST   sign_in register notices register sign_in×9
notice                      POST   sign_in register points/404 register sign_in×9
change_number               GET    sign_in register 200 register sign_in×9
change_number               POST   sign_in register change_number_codes register sign_in×9
change_number_codes         GET    sign_in register change_number register sign_in×9
change_number_codes         POST   sign_in register change_number register sign_in×9
close_account               GET    sign_in register 200 register sign_in×9
close_account               POST   sign_in register home register sign_in×9
consent                     GET    sign_in register home register sign_in×9
consent                     POST   sign_in register home register sign_in×9
home                        GET    200 register 200 register desk×7 admin:index×2
my_code                     GET    sign_in register 200 register sign_in×9
my_code_fragment            GET    sign_in register 200 register sign_in×9
points                      GET    sign_in register 200 register sign_in×9
me                          GET    sign_in register 200 register sign_in×9
sign_in                     GET    200×13
sign_in                     POST   sign_in_code×13
sign_in_code                GET    sign_in×13
sign_in_code                POST   sign_in×13
former_account              GET    home×13
former_account              POST   home×13
sign_out                    POST   home×13
sign_out_everywhere         POST   home×13
register                    GET    sign_in 200×3 sign_in×9
register                    POST   sign_in home×3 sign_in×9
privacy                     GET    200×13
privacy_version             GET    200×13
stations                    GET    200×13
stations_map                GET    200×13
stations_outline            GET    404×13
station                     GET    200~404×13
station_say                 GET    sign_in register station~404 register sign_in×9
station_say                 POST   sign_in register station~404 register sign_in×9
station_confirm             GET    sign_in register station~404 register sign_in×9
station_confirm             POST   sign_in register station~404 register sign_in×9
station_correct             GET    sign_in register 200~404 register sign_in×9
station_correct             POST   sign_in register station_correct~404 register sign_in×9
check_in                    GET    sign_in register 200~404 register sign_in×9
check_in                    POST   sign_in register visit~404 register sign_in×9
visits                      GET    sign_in register 200 register sign_in×9
visit                       GET    sign_in register 200/404 register sign_in×9
gifts                       GET    200×13
gift_suggestions            GET    sign_in register 200 register sign_in×9
gift_suggestions            POST   sign_in register gift_suggestions register sign_in×9
reservations                GET    sign_in register 200 register sign_in×9
reserve                     GET    sign_in register 200~404 register sign_in×9
reserve                     POST   sign_in register reservation~404 register sign_in×9
reservation                 GET    sign_in register 200/404 register sign_in×9
reservation_cancel          GET    sign_in register 200/404 register sign_in×9
reservation_cancel          POST   sign_in register reservation/404 register sign_in×9
desk_sharing                GET    account_login 403×2 account_login 200×3 403×6
desk_resource               GET    account_login 403×2 account_login 200/404 200~404×2 403×6
desk_resource               POST   account_login 403×2 account_login desk_sharing/404 desk_sharing~404×2 403×6
desk_loan                   GET    account_login 403×2 account_login 200/404×3 403×6
desk_loan_move              POST   account_login 403×2 account_login desk_loan/404×3 403×6
desk                        GET    account_login 403×2 account_login 200×7 403×2
desk_reports                GET    account_login 403×2 account_login 403×3 200 403×5
desk_report                 GET    account_login 403×2 account_login 403×3 200/404 403×5
desk_report_move            GET    account_login 403×2 account_login 403×3 200/404 403×5
desk_report_move            POST   account_login 403×2 account_login 403×3 desk_report/404 403×5
desk_wishes                 GET    account_login 403×2 account_login 403×4 200 403×4
desk_wish_notices           POST   account_login 403×2 account_login 403×4 desk_wishes 403×4
desk_wish                   GET    account_login 403×2 account_login 403×4 200/404 403×4
desk_wish_move              GET    account_login 403×2 account_login 403×4 200/404 403×4
desk_wish_move              POST   account_login 403×2 account_login 403×4 desk_wish/404 403×4
reports                     GET    sign_in register 200 register sign_in×9
report_new                  GET    sign_in register 200 register sign_in×9
report_new                  POST   sign_in register report register sign_in×9
report_similar              GET    sign_in register 200 register sign_in×9
report_photos               POST   sign_in register 201 register sign_in×9
report_offline              GET    200×13
report                      GET    sign_in register 200/404 register sign_in×9
report_move                 GET    sign_in register report/404 register sign_in×9
report_move                 POST   sign_in register report/404 register sign_in×9
wishes                      GET    200×13
my_wishes                   GET    sign_in register 200 register sign_in×9
wish_new                    GET    sign_in register 200 register sign_in×9
wish_new                    POST   sign_in register wish~400 register sign_in×9
wish                        GET    404      404      200/404  404×10
wish_move                   GET    sign_in register wish/404 register sign_in×9
wish_move                   POST   sign_in register wish/404 register sign_in×9
vouchers                    GET    sign_in register 200 register sign_in×9
voucher                     GET    sign_in register 200/404 register sign_in×9
voucher_calendar            GET    sign_in register 200/404 register sign_in×9
voucher_slots               GET    sign_in register 200/404 register sign_in×9
voucher_move                GET    sign_in register voucher/404 register sign_in×9
voucher_move                POST   sign_in register voucher/404 register sign_in×9
desk_clinic                 GET    account_login 403×2 account_login 403×5 200 403×3
desk_clinic                 POST   account_login 403×2 account_login 403×5 desk_clinic_voucher 403×3
desk_clinic_voucher         GET    account_login 403×2 account_login 403×5 200/404 403×3
desk_clinic_move            GET    account_login 403×2 account_login 403×5 desk_clinic_voucher/404 403×3
desk_clinic_move            POST   account_login 403×2 account_login 403×5 desk_clinic_voucher/404 403×3
desk_care                   GET    account_login 403×2 account_login 200×3 403×6
desk_care_plan              GET    account_login 403×2 account_login 200×3 403×6
desk_care_plan              POST   account_login 403×2 account_login desk_care_visit/400×3 403×6
desk_care_board             GET    account_login 403×2 account_login 200×3 403×6
desk_care_kits              GET    account_login 403×2 account_login 200×3 403×6
desk_care_kits              POST   account_login 403×2 account_login desk_care_kits/400×2 desk_care_kits 403×6
desk_care_visit             GET    account_login 403×2 account_login 200/404×3 403×6
desk_care_visit             POST   account_login 403×2 account_login desk_care_visit/404×3 403×6
desk_care_cancel            GET    account_login 403×2 account_login 200/404×3 403×6
desk_care_cancel            POST   account_login 403×2 account_login desk_care/404×3 403×6
desk_care_need_add          POST   account_login 403×2 account_login desk_care_visit/404×3 403×6
desk_care_need              GET    account_login 403×2 account_login 200/404×3 403×6
desk_care_need_wish         POST   account_login 403×2 account_login desk_care_visit/404×3 403×6
desk_care_need_report       POST   account_login 403×2 account_login desk_care_visit/404×3 403×6
desk_care_need_settle       POST   account_login 403×2 account_login desk_care_visit/404×3 403×6
desk_outlet_vouchers        GET    account_login 403×2 account_login 403×6 200 403×2
activities                  GET    200×13
activity                    GET    200~404×13
activity_calendar           GET    sign_in register 200/404 register sign_in×9
activity_here               GET    sign_in register 200/409~404 register sign_in×9
activity_here               POST   sign_in register activity_here/409~404 register sign_in×9
activity_move               GET    sign_in register activity~404 register sign_in×9
activity_move               POST   sign_in register activity~404 register sign_in×9
my_service                  GET    sign_in register 200 register sign_in×9
my_certificate              GET    sign_in register 200 register sign_in×9
certificate                 GET    200~404×13
deeds                       GET    sign_in register 200 register sign_in×9
deed_new                    GET    sign_in register 200 register sign_in×9
deed_new                    POST   sign_in register deed register sign_in×9
deed                        GET    sign_in register 200/404 register sign_in×9
desk_activities             GET    account_login 403×2 account_login 200×3 403×6
desk_activity_new           GET    account_login 403×2 account_login 200×3 403×6
desk_activity_new           POST   account_login 403×2 account_login desk_activity×3 403×6
desk_activity               GET    account_login 403×2 account_login 200/404×3 403×6
desk_activity_edit          GET    account_login 403×2 account_login 200/404×3 403×6
desk_activity_edit          POST   account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_poster        GET    account_login 403×2 account_login 200/404×3 403×6
desk_activity_scan          GET    account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_scan          POST   account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_tick          GET    account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_tick          POST   account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_photos        GET    account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_photos        POST   account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_photo_remove  GET    account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_photo_remove  POST   account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_move          GET    account_login 403×2 account_login desk_activity/404×3 403×6
desk_activity_move          POST   account_login 403×2 account_login desk_activity/404×3 403×6
desk_deeds                  GET    account_login 403×2 account_login 200×3 403×6
desk_deed                   GET    account_login 403×2 account_login 200/404×3 403×6
desk_deed_move              GET    account_login 403×2 account_login desk_deed/404×3 403×6
desk_deed_move              POST   account_login 403×2 account_login desk_deed/404×3 403×6
counter                     GET    account_login 403×2 account_login 200/404×3 403×6
counter_identify            GET    account_login 403×2 account_login counter/404×3 403×6
counter_identify            POST   account_login 403×2 account_login 200/404×3 403×6
counter_redeem              GET    account_login 403×2 account_login counter/404×3 403×6
counter_redeem              POST   account_login 403×2 account_login counter/404×3 403×6
counter_pick_up             GET    account_login 403×2 account_login counter/404×3 403×6
counter_pick_up             POST   account_login 403×2 account_login counter/404×3 403×6
counter_verify              GET    account_login 403×2 account_login counter/404×3 403×6
counter_verify              POST   account_login 403×2 account_login 200/404×3 403×6
counter_check_in            GET    account_login 403×2 account_login counter/404×3 403×6
counter_check_in            POST   account_login 403×2 account_login 200/404×3 403×6
counter_wish                GET    account_login 403×2 account_login 200/404×3 403×6
counter_wish                POST   account_login 403×2 account_login counter/404×3 403×6
poster                      GET    account_login 403×2 account_login 200/404×3 403×6
poster                      POST   account_login 403×2 account_login poster/404×3 403×6
counter_annul               GET    account_login 403×2 account_login 200/404×3 403×6
counter_annul               POST   account_login 403×2 account_login counter/404×3 403×6
stock                       GET    account_login 403×2 account_login 200/404×3 403×6
stock                       POST   account_login 403×2 account_login stock/404×3 403×6
stock_count                 GET    account_login 403×2 account_login 200/404×3 403×6
stock_count                 POST   account_login 403×2 account_login stock_count/404×3 403×6
stock_count_move            GET    account_login 403×2 account_login stock_count/404×3 403×6
stock_count_move            POST   account_login 403×2 account_login stock_count/404×3 403×6
desk_facilities             GET    account_login 403×2 account_login 200/404×3 403×6
desk_facilities             POST   account_login 403×2 account_login desk_facilities/404×3 403×6
desk_hours                  GET    account_login 403×2 account_login 200/404×3 403×6
desk_hours                  POST   account_login 403×2 account_login desk_hours/404×3 403×6
slips                       GET    account_login 403×2 account_login 200/404×3 403×6
slips_find                  GET    account_login 403×2 account_login slips/404×3 403×6
slips_find                  POST   account_login 403×2 account_login 200/404×3 403×6
slips_enter                 GET    account_login 403×2 account_login slips/404×3 403×6
slips_enter                 POST   account_login 403×2 account_login slips/404×3 403×6
photo                       GET    404      404      200/404  404      404      404      404      404      404      404      404      404      404
live                        GET    200×13
ready                       GET    200×13
account_login               GET    200×13
account_login               POST   200×13
account_logout              GET    home 200×12
account_logout              POST   home×13
account_inactive            GET    200×13
account_reauthenticate      GET    account_login×4 200×9
account_reauthenticate      POST   account_login×4 200×9
account_change_password     GET    account_login×4 200×9
account_change_password     POST   account_login×4 200×9
mfa_index                   GET    account_login×4 200×9
mfa_reauthenticate          GET    account_login×4 200×9
mfa_reauthenticate          POST   account_login×4 200×9
mfa_activate_totp           GET    account_login×4 mfa_deactivate_totp×9
mfa_activate_totp           POST   account_login×4 mfa_deactivate_totp×9
mfa_deactivate_totp         GET    account_login×4 200×9
mfa_deactivate_totp         POST   account_login×13
mfa_view_recovery_codes     GET    account_login×4 404×9
mfa_generate_recovery_codes GET    account_login×4 200×9
mfa_generate_recovery_codes POST   account_login×4 mfa_view_recovery_codes×9
mfa_download_recovery_codes GET    account_login×4 404×9
mfa_authenticate            GET    account_login home×2 admin:index×3 desk×5 admin:index×2
mfa_authenticate            POST   account_login home×2 admin:index×3 desk×5 admin:index×2
"""


def rows() -> dict[tuple[str, str], dict[str, str]]:
    """(address, method) → column → cell."""
    found = {}
    for line in TABLE.strip().splitlines():
        if line.startswith("#"):
            continue
        name, method, *written = line.split()
        cells = [cell for part in written for cell in _repeated(part)]
        if len(cells) != len(COLUMNS):
            raise ValueError(f"{name} {method} has {len(cells)} cells, not {len(COLUMNS)}")
        if (name, method) in found:
            raise ValueError(f"{name} {method} stands twice")
        found[name, method] = dict(zip(map(str, COLUMNS), cells, strict=True))
    return found


def _repeated(part: str) -> list[str]:
    cell, _, times = part.partition("×")
    return [cell] * int(times or 1)


ROWS = rows()
