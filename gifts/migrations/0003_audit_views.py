"""Stock and redemptions as outside readers see them, under names and with columns that stay."""

from django.db import migrations

STOCK = """
    CREATE VIEW audit_stock AS
    SELECT station.code AS station_code, substr(account.unit, length('gift:') + 1)::varchar(32) AS gift_code,
           balance.posted AS on_hand, balance.held AS reserved
    FROM points_account account
    JOIN points_balance balance ON balance.account_id = account.id
    JOIN stations_station station ON station.id = account.owner_id
    WHERE account.kind = 'stock'
"""
REDEMPTION = """
    CREATE VIEW audit_redemption AS
    SELECT redemption.number, redemption.courier_id, gift.code AS gift_code, station.code AS station_code,
           redemption.points, redemption.state, redemption.at
    FROM gifts_redemption redemption
    JOIN gifts_gift gift ON gift.id = redemption.gift_id
    JOIN stations_station station ON station.id = redemption.station_id
"""


class Migration(migrations.Migration):

    dependencies = [("gifts", "0002_initial"), ("points", "0001_initial"), ("stations", "0001_initial")]

    operations = [
        migrations.RunSQL(STOCK, "DROP VIEW audit_stock"),
        migrations.RunSQL(REDEMPTION, "DROP VIEW audit_redemption"),
    ]
