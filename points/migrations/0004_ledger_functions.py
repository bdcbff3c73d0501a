"""The functions that write balances, holds included, and the checks that go with them (points/ledger.py explains)."""

from django.db import migrations

EARNED = """
-- What was earned in each of five years, the newest (p_year) first, after p_amount more in the year p_of_year.
CREATE FUNCTION points_earned(p_earned bigint[], p_year integer, p_now integer, p_of_year integer, p_amount bigint)
RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    v_newest integer := greatest(p_year, p_now);
    v_place integer := v_newest - p_of_year + 1;
BEGIN
    IF v_newest > p_year THEN
        p_earned := (array_fill(0::bigint, ARRAY[least(v_newest - p_year, 5)]) || p_earned)[1:5];
    END IF;
    IF v_place BETWEEN 1 AND 5 THEN
        p_earned[v_place] := p_earned[v_place] + p_amount;
    END IF;
    RETURN p_earned;
END $$;
"""

POST = """
DROP FUNCTION points_post;
CREATE FUNCTION points_post(
    p_kind text, p_source_kind text, p_source_key text, p_source_round integer, p_title text, p_actor bigint,
    p_reverses bigint, p_rule_version integer, p_at timestamptz, p_accounts bigint[], p_amounts bigint[],
    p_overdraft boolean
) RETURNS TABLE (transfer bigint, account bigint, balance bigint) LANGUAGE plpgsql AS $$
DECLARE
    v_transfer bigint;
    v_year smallint := extract(year FROM p_at AT TIME ZONE 'Asia/Shanghai');
    v_of_year smallint := v_year;
    v_leg record;
    v_earned bigint;
    v_posted bigint;
    v_version bigint;
    v_legs integer := 0;
    v_accounts bigint[] := '{}';
    v_units text[] := '{}';
    v_amounts bigint[] := '{}';
    v_balances bigint[] := '{}';
    v_versions bigint[] := '{}';
BEGIN
    INSERT INTO points_transfer (kind, source_kind, source_key, source_round, title, actor_id, reverses_id,
                                 rule_version, created_at)
    VALUES (p_kind, p_source_kind, p_source_key, p_source_round, p_title, p_actor, p_reverses, p_rule_version, p_at)
    ON CONFLICT DO NOTHING
    RETURNING id INTO v_transfer;
    IF v_transfer IS NULL THEN
        RETURN QUERY SELECT t.id, NULL::bigint, NULL::bigint FROM points_transfer t
            WHERE (t.source_kind, t.source_key, t.source_round, t.kind)
                  = (p_source_kind, p_source_key, p_source_round, p_kind)
               OR t.reverses_id = p_reverses LIMIT 1;
        RETURN;
    END IF;
    IF p_reverses IS NOT NULL THEN
        SELECT extract(year FROM t.created_at AT TIME ZONE 'Asia/Shanghai') INTO v_of_year
            FROM points_transfer t WHERE t.id = p_reverses;
    END IF;

    FOR v_leg IN
        SELECT a.id, a.kind, a.unit, a.cached, given.amount
        FROM unnest(p_accounts, p_amounts) AS given (id, amount) JOIN points_account a ON a.id = given.id
        ORDER BY a.kind = 'stock', a.id
    LOOP
        v_legs := v_legs + 1;
        v_posted := NULL;
        v_version := NULL;
        IF v_leg.cached THEN
            v_earned := CASE
                WHEN v_leg.kind <> 'courier' THEN 0
                WHEN p_reverses IS NULL THEN greatest(v_leg.amount, 0)
                ELSE least(v_leg.amount, 0)
            END;
            UPDATE points_balance b SET
                posted = b.posted + v_leg.amount,
                version = b.version + 1,
                overdraft = b.posted + v_leg.amount < b.held,
                earned = CASE WHEN v_earned = 0 AND v_year <= b.earned_year THEN b.earned
                              ELSE points_earned(b.earned, b.earned_year, v_year, v_of_year, v_earned) END,
                earned_year = greatest(b.earned_year, v_year)
            WHERE b.account_id = v_leg.id
              AND (v_leg.amount > 0 OR b.posted - b.held + v_leg.amount >= 0
                   OR (p_overdraft AND v_leg.kind = 'courier'))
            RETURNING b.posted, b.version INTO v_posted, v_version;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'not enough in account %', v_leg.id USING ERRCODE = 'FC002', DETAIL = v_leg.id;
            END IF;
        END IF;
        v_accounts := v_accounts || v_leg.id;
        v_units := v_units || v_leg.unit::text;
        v_amounts := v_amounts || v_leg.amount;
        v_balances := v_balances || v_posted;
        v_versions := v_versions || v_version;
    END LOOP;
    IF v_legs <> cardinality(p_accounts) THEN
        RAISE EXCEPTION 'an account is unknown' USING ERRCODE = 'foreign_key_violation';
    END IF;

    INSERT INTO points_entry (transfer_id, account_id, unit, amount, balance_after, version)
    SELECT v_transfer, e.* FROM unnest(v_accounts, v_units, v_amounts, v_balances, v_versions) AS e;
    RETURN QUERY SELECT v_transfer, e.* FROM unnest(v_accounts, v_balances) AS e;
END $$;
"""

HOLD = """
CREATE FUNCTION points_hold(
    p_source_kind text, p_source_key text, p_at timestamptz, p_expires_at timestamptz, p_accounts bigint[],
    p_amounts bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_part record;
    v_parts integer := 0;
BEGIN
    FOR v_part IN
        SELECT a.id, given.amount
        FROM unnest(p_accounts, p_amounts) AS given (id, amount) JOIN points_account a ON a.id = given.id
        ORDER BY a.kind = 'stock', a.id
    LOOP
        v_parts := v_parts + 1;
        UPDATE points_balance b SET held = b.held + v_part.amount
            WHERE b.account_id = v_part.id AND b.posted - b.held >= v_part.amount;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'not enough in account %', v_part.id USING ERRCODE = 'FC002', DETAIL = v_part.id;
        END IF;
        INSERT INTO points_hold (account_id, amount, source_kind, source_key, created_at, expires_at, resolution)
            VALUES (v_part.id, v_part.amount, p_source_kind, p_source_key, p_at, p_expires_at, '');
    END LOOP;
    IF v_parts <> cardinality(p_accounts) THEN
        RAISE EXCEPTION 'an account is unknown' USING ERRCODE = 'foreign_key_violation';
    END IF;
END $$;

CREATE FUNCTION points_release(p_source_kind text, p_source_key text, p_resolution text, p_at timestamptz)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_hold record;
    v_amount bigint;
    v_released integer := 0;
BEGIN
    FOR v_hold IN
        SELECT h.id, h.account_id FROM points_hold h JOIN points_account a ON a.id = h.account_id
        WHERE h.source_kind = p_source_kind AND h.source_key = p_source_key AND h.resolved_at IS NULL
        ORDER BY a.kind = 'stock', a.id
    LOOP
        -- A twin that ends the same hold waits here, and then finds it ended.
        UPDATE points_hold h SET resolved_at = p_at, resolution = p_resolution
            WHERE h.id = v_hold.id AND h.resolved_at IS NULL RETURNING h.amount INTO v_amount;
        IF FOUND THEN
            UPDATE points_balance b SET held = b.held - v_amount, overdraft = b.posted < b.held - v_amount
                WHERE b.account_id = v_hold.account_id;
            v_released := v_released + 1;
        END IF;
    END LOOP;
    RETURN v_released;
END $$;
"""

CHECKS = """
CREATE OR REPLACE FUNCTION points_transfer_check() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM points_entry e WHERE e.transfer_id = NEW.id) THEN
        RAISE EXCEPTION 'transfer % has no entries', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_has_entries';
    END IF;
    IF EXISTS (SELECT FROM points_closedday c WHERE c.day >= (NEW.created_at AT TIME ZONE 'Asia/Shanghai')::date) THEN
        RAISE EXCEPTION 'the day of transfer % is closed', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_on_an_open_day';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION points_balance_check() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF (TG_OP = 'INSERT' AND (NEW.version, NEW.posted, NEW.held) = (0, 0, 0) AND NEW.earned = '{0,0,0,0,0}')
       OR ((TG_OP = 'INSERT' OR (NEW.version > OLD.version AND NEW.account_id = OLD.account_id))
           AND EXISTS (SELECT FROM points_entry e WHERE e.account_id = NEW.account_id AND e.version = NEW.version
                       AND e.balance_after = NEW.posted)) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the balance of account % has no entry', NEW.account_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'balance_has_an_entry';
END $$;
CREATE CONSTRAINT TRIGGER points_balance_update_check AFTER UPDATE ON points_balance
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.account_id, OLD.posted, OLD.version, OLD.earned, OLD.earned_year)
          IS DISTINCT FROM (NEW.account_id, NEW.posted, NEW.version, NEW.earned, NEW.earned_year)
          OR NEW.overdraft AND NOT OLD.overdraft)
    EXECUTE FUNCTION points_balance_check();

-- Looks at what the balance is now, not at what it was when the event was noted: one transaction may hold and release.
CREATE FUNCTION points_held_check() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    v_held bigint;
BEGIN
    SELECT b.held INTO v_held FROM points_balance b WHERE b.account_id = NEW.account_id;
    IF v_held IS DISTINCT FROM (SELECT coalesce(sum(h.amount), 0) FROM points_hold h
                                WHERE h.account_id = NEW.account_id AND h.resolved_at IS NULL) THEN
        RAISE EXCEPTION 'what account % holds is not the sum of its holds', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'held_is_the_sum_of_holds';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER points_balance_held_check AFTER UPDATE ON points_balance
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.held IS DISTINCT FROM NEW.held)
    EXECUTE FUNCTION points_held_check();
CREATE CONSTRAINT TRIGGER points_hold_check AFTER INSERT OR UPDATE ON points_hold
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION points_held_check();
"""


class Migration(migrations.Migration):
    dependencies = [("points", "0003_holds_and_decisions")]

    operations = [migrations.RunSQL([EARNED, POST, HOLD, CHECKS])]
