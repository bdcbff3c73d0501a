"""What the database itself keeps and refuses, and the one function that writes the books (points/ledger.py explains)."""

from django.db import migrations

POST = """
CREATE FUNCTION points_post(
    p_kind text, p_source_kind text, p_source_key text, p_source_round integer, p_title text, p_actor bigint,
    p_reverses bigint, p_rule_version integer, p_at timestamptz, p_accounts bigint[], p_amounts bigint[],
    p_overdraft boolean
) RETURNS TABLE (transfer bigint, account bigint, balance bigint) LANGUAGE plpgsql AS $$
DECLARE
    v_transfer bigint;
    v_year smallint := extract(year FROM p_at AT TIME ZONE 'Asia/Shanghai');
    v_original_year smallint;
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
        SELECT extract(year FROM t.created_at AT TIME ZONE 'Asia/Shanghai') INTO v_original_year
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
                WHEN v_original_year = v_year THEN least(v_leg.amount, 0)
                ELSE 0
            END;
            UPDATE points_balance b SET
                posted = b.posted + v_leg.amount,
                version = b.version + 1,
                overdraft = b.posted + v_leg.amount < b.held,
                earned = CASE WHEN v_year > b.earned_year THEN v_earned
                              WHEN v_year = b.earned_year THEN b.earned + v_earned
                              ELSE b.earned END,
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

# Plans of these functions are kept for the life of a connection; made while the tables were small they would read
# them from end to end ever after.
ENTRIES = """
CREATE FUNCTION points_entries_check() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    v_bad bigint;
BEGIN
    SELECT n.transfer_id INTO v_bad FROM new_entries n GROUP BY n.transfer_id, n.unit HAVING sum(n.amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transfer % does not sum to zero', v_bad
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_sums_to_zero';
    END IF;

    SELECT n.transfer_id INTO v_bad FROM (SELECT transfer_id, count(*) AS entries FROM new_entries GROUP BY 1) n
        WHERE n.entries < 2
           OR n.entries <> (SELECT count(*) FROM points_entry e WHERE e.transfer_id = n.transfer_id) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the entries of transfer % are not one statement of two or more', v_bad
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_entries_come_together';
    END IF;

    SELECT n.account_id INTO v_bad FROM new_entries n JOIN points_account a ON a.id = n.account_id
        WHERE a.cached <> (n.version IS NOT NULL) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'account % is cached and its entry has no balance, or the reverse', v_bad
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balance_when_cached';
    END IF;

    SELECT n.account_id INTO v_bad
    FROM (SELECT account_id, version, amount, balance_after,
                 lag(version) OVER w AS version_before, lag(balance_after) OVER w AS balance_before,
                 lead(version) OVER w IS NULL AS newest
          FROM new_entries WHERE version IS NOT NULL WINDOW w AS (PARTITION BY account_id ORDER BY version)) n
    LEFT JOIN points_entry e ON n.version_before IS NULL AND e.account_id = n.account_id AND e.version = n.version - 1
    LEFT JOIN points_balance b ON n.newest AND b.account_id = n.account_id
    WHERE coalesce(n.version_before, e.version, 0) <> n.version - 1
       OR coalesce(n.balance_before, e.balance_after, 0) + n.amount <> n.balance_after
       OR (n.newest AND (b.posted, b.version) IS DISTINCT FROM (n.balance_after, n.version))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the entries of account % do not continue to its balance', v_bad
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_continues_balance';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER points_entries_check AFTER INSERT ON points_entry REFERENCING NEW TABLE AS new_entries
    FOR EACH STATEMENT EXECUTE FUNCTION points_entries_check();
"""

COMMIT = """
CREATE FUNCTION points_transfer_check() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM points_entry e WHERE e.transfer_id = NEW.id) THEN
        RAISE EXCEPTION 'transfer % has no entries', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_has_entries';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER points_transfer_check AFTER INSERT ON points_transfer
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION points_transfer_check();

CREATE FUNCTION points_balance_check() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF (TG_OP = 'INSERT' AND (NEW.version, NEW.posted, NEW.earned) = (0, 0, 0))
       OR ((TG_OP = 'INSERT' OR (NEW.version > OLD.version AND NEW.account_id = OLD.account_id))
           AND EXISTS (SELECT FROM points_entry e WHERE e.account_id = NEW.account_id AND e.version = NEW.version
                       AND e.balance_after = NEW.posted)) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the balance of account % has no entry', NEW.account_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'balance_has_an_entry';
END $$;
CREATE CONSTRAINT TRIGGER points_balance_insert_check AFTER INSERT ON points_balance
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION points_balance_check();
CREATE CONSTRAINT TRIGGER points_balance_update_check AFTER UPDATE ON points_balance
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ((OLD.account_id, OLD.posted, OLD.version, OLD.earned, OLD.earned_year)
          IS DISTINCT FROM (NEW.account_id, NEW.posted, NEW.version, NEW.earned, NEW.earned_year)
          OR NEW.overdraft AND NOT OLD.overdraft)
    EXECUTE FUNCTION points_balance_check();
"""

APPEND_ONLY = """
CREATE FUNCTION points_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % refused: the books are append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'books_are_append_only';
END $$;
CREATE TRIGGER points_refuse BEFORE UPDATE OR DELETE ON points_account
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse();
CREATE TRIGGER points_refuse BEFORE UPDATE OR DELETE ON points_transfer
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse();
CREATE TRIGGER points_refuse BEFORE UPDATE OR DELETE ON points_entry
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse();
CREATE TRIGGER points_refuse BEFORE DELETE ON points_balance
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse();
"""

TABLES = """
ALTER TABLE points_entry ADD CONSTRAINT entry_in_the_unit_of_its_account
    FOREIGN KEY (account_id, unit) REFERENCES points_account (id, unit);
-- An update of a balance stays on its page and touches no index.
ALTER TABLE points_balance SET (fillfactor = 50);
"""

VIEWS = """
CREATE VIEW audit_ledger AS
SELECT e.transfer_id, e.account_id, CASE WHEN a.kind = 'courier' THEN a.owner_id END AS courier_id,
       e.amount AS points, t.kind, t.source_kind, t.source_key, t.created_at AS at
FROM points_entry e JOIN points_account a ON a.id = e.account_id JOIN points_transfer t ON t.id = e.transfer_id
WHERE e.unit = 'points';

CREATE VIEW audit_balance AS
SELECT c.user_id AS courier_id, coalesce(b.posted, 0) AS balance, coalesce(b.held, 0) AS held
FROM accounts_courier c
LEFT JOIN points_account a ON a.kind = 'courier' AND a.unit = 'points' AND a.owner_id = c.user_id AND a.period = 0
LEFT JOIN points_balance b ON b.account_id = a.id;
"""

UNDO = """
DROP VIEW audit_balance;
DROP VIEW audit_ledger;
DROP FUNCTION points_refuse, points_balance_check, points_transfer_check, points_entries_check CASCADE;
DROP FUNCTION points_post;
ALTER TABLE points_entry DROP CONSTRAINT entry_in_the_unit_of_its_account;
"""


class Migration(migrations.Migration):
    dependencies = [("points", "0001_initial"), ("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL([TABLES, POST, ENTRIES, COMMIT, APPEND_ONLY, VIEWS], UNDO),
    ]
