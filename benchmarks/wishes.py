"""The tree, what can be claimed, and the moderator's queue where 100 wishes were granted and where 100,000 were."""

from django.db import connection

from benchmarks import scratch, servers, tables, twins
from benchmarks.load import Clients
from benchmarks.people import everybody
from wishes.models import Wish

SIZES = (100, 100_000)

# Copies of the demonstration's granted wishes, with their steps and claims, a year's worth of days back.
_COPY = """
    INSERT INTO wishes_wish (courier_id, station_id, category, title, text, for_whom, price, is_anonymous, shown_name,
        flags, state, claimed_by_id, hung_at, opened_at, delivered_at, lit_at, thanks, thanked_at, thanks_hidden,
        updated_at)
    SELECT model.courier_id, model.station_id, model.category, model.title, model.text, model.for_whom, model.price,
        model.is_anonymous, model.shown_name, model.flags, model.state, model.claimed_by_id, made.at, made.at, made.at,
        made.at, model.thanks, CASE WHEN model.thanks <> '' THEN made.at END, FALSE, made.at
    FROM (
        SELECT nr, now() - interval '1 year' * (1 - nr::float / %(most)s) AS at FROM generate_series(1, %(most)s) AS nr
    ) AS made
    JOIN (
        SELECT *, row_number() OVER (ORDER BY id) AS nth, count(*) OVER () AS many
        FROM wishes_wish WHERE state = 'fulfilled'
    ) AS model ON model.nth = 1 + made.nr %% model.many
"""
_STEPS = """
    INSERT INTO wishes_step (wish_id, move, at, by_id, party, organisation_id, state_after, text)
    SELECT id, move, hung_at, courier_id, 'courier', NULL, state, '' FROM wishes_wish
    CROSS JOIN (VALUES ('hang'), ('approve'), ('claim'), ('deliver'), ('confirm')) AS moves (move)
    WHERE id > %(last)s
"""
_CLAIMS = """
    INSERT INTO wishes_claim (wish_id, organisation_id, by_id, at, progress_at)
    SELECT id, claimed_by_id, courier_id, hung_at, hung_at FROM wishes_wish WHERE id > %(last)s
"""


def run(clients: Clients) -> None:
    people = everybody()
    few, many = (scratch.copy(f"wishes{size}") for size in SIZES)
    for name, size in zip((few, many), SIZES, strict=True):
        _grow(name, size)
    scratch.use(few)
    lit = Wish.objects.lit().order_by("pk")[0].pk
    questions = {
        "the tree, page": people.views("/wishes/", 1)[0],
        "lit ones, page": people.views("/wishes/?state=lit", 1)[0],
        "a lit wish, page": people.views(f"/wishes/{lit}/", 1)[0],
        "all, API": people.reads("wishes/", 1)[0],
        "waiting, API": people.reads("wishes/?state=open", 1)[0],
        "what we can claim, desk": people.views("/desk/wishes/", 1, people.claimer)[0],
        "our history, desk": people.views("/desk/wishes/?show=history", 1, people.claimer)[0],
        "queue, admin (street)": people.views("/admin/wishes/wish/", 1, people.street)[0],
        "queue, admin (district)": people.views("/admin/wishes/wish/", 1, people.district)[0],
        "public figures, API": people.reads("figures/", 1)[0],
    }
    with servers.running(few) as small, servers.running(many) as grown:
        rows = [[name, *twins.compare(clients, script, small, grown)] for name, script in questions.items()]
    tables.show(
        f"One client, the answers of a district where {SIZES[0]:,} wishes were granted beside those of one with "
        f"{SIZES[1]:,}; the same ones hang there now. {twins.IN_TURN}.",
        ["", f"{SIZES[0]:,}, p50 ms", f"{SIZES[1]:,}, p50 ms", "ratio"],
        rows,
    )
    scratch.drop(few)
    scratch.drop(many)


def _grow(database: str, size: int) -> None:
    scratch.use(database)
    last = Wish.objects.order_by("-pk")[0].pk
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_COPY, {"most": size})
        cursor.execute(_STEPS, {"last": last})
        cursor.execute(_CLAIMS, {"last": last})
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
