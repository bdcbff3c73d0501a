"""What is missing is said by the refusal itself, which voids the transaction that could have been asked."""

from django.db import migrations

REFUSE = """
-- DETAIL is what points.problems.Insufficient is made of.
CREATE FUNCTION points_say_what_is_missing(p_account bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_detail text;
BEGIN
    SELECT json_build_object('account_id', a.id, 'is_stock', a.kind = 'stock', 'left', b.posted - b.held,
                             'overdraft', b.overdraft)
        INTO v_detail FROM points_account a JOIN points_balance b ON b.account_id = a.id WHERE a.id = p_account;
    RAISE EXCEPTION 'not enough in account %', p_account USING ERRCODE = 'FC002', DETAIL = v_detail;
END $$;
"""

POST = """
CREATE OR REPLACE FUNCTION points_post(
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
                PERFORM points_say_what_is_missing(v_leg.id);
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
CREATE OR REPLACE FUNCTION points_hold(
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
            PERFORM points_say_what_is_missing(v_part.id);
        END IF;
        INSERT INTO points_hold (account_id, amount, source_kind, source_key, created_at, expires_at, resolution)
            VALUES (v_part.id, v_part.amount, p_source_kind, p_source_key, p_at, p_expires_at, '');
    END LOOP;
    IF v_parts <> cardinality(p_accounts) THEN
        RAISE EXCEPTION 'an account is unknown' USING ERRCODE = 'foreign_key_violation';
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("points", "0005_wording")]

    operations = [migrations.RunSQL([REFUSE, POST, HOLD])]
