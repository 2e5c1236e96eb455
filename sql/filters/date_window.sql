-- Drops examples from outside a time window; those without a time stay.
-- judges: input
-- $since date = none: first day that is kept (UTC)
-- $until date = none: first day that is no longer kept (UTC)
SELECT example_id, 'outside_dates' AS reason, NULL AS score
FROM candidates
WHERE created_at < $since::TIMESTAMP OR created_at >= $until::TIMESTAMP
