-- Accounts of members that sleep: nobody has signed in for long.

-- Writes to the owner of one account, or closes one, if any is due; false if none is. A first mail after `months` without a
-- sign-in, a second `reminder` days before the end, and the account is deleted `notice` days after the first mail,
-- whenever that was sent, and never sooner than `reminder` days after the second. A periodic job calls this until it
-- returns false. Several may run at once: an account that is locked is left to whoever has it.
CREATE FUNCTION identity.settle_sleeper(months integer, notice integer, reminder integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    today date := catalog.today();
    asleep date := (today - make_interval(months => settle_sleeper.months))::date;
    sleeper identity.account;
BEGIN
    SELECT * INTO sleeper FROM identity.account a
    WHERE a.member_id IS NOT NULL AND NOT a.demonstration AND a.signed_in_on <= asleep AND (
        a.sleep_notified_on IS NULL
        OR a.sleep_reminded_on IS NULL AND a.sleep_notified_on <= today - (settle_sleeper.notice - settle_sleeper.reminder)
        OR a.sleep_reminded_on <= today - settle_sleeper.reminder
            AND a.sleep_notified_on <= today - settle_sleeper.notice)
    ORDER BY a.signed_in_on, a.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF sleeper.sleep_reminded_on IS NOT NULL THEN
        PERFORM identity.erase(sleeper, 'ACCOUNT_CLOSED');
    ELSIF sleeper.sleep_notified_on IS NOT NULL THEN
        UPDATE identity.account a SET sleep_reminded_on = today WHERE a.id = sleeper.id;
        PERFORM identity.write_to(
            sleeper.email, 'ACCOUNT_SLEEPS_STILL', sleeper.locale, NULL, (today + settle_sleeper.reminder)::text);
    ELSE
        UPDATE identity.account a SET sleep_notified_on = today WHERE a.id = sleeper.id;
        PERFORM identity.write_to(
            sleeper.email, 'ACCOUNT_SLEEPS', sleeper.locale, NULL, (today + settle_sleeper.notice)::text);
    END IF;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.settle_sleeper(integer, integer, integer) TO cohorte_manager;
