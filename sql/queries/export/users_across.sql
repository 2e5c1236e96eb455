-- Users without a group of their own (table verdicts): those who stand on both sides, all of them, and the
-- examples of the former that are in train today; one row.
SELECT count(*) FILTER (train > 0 AND test > 0) AS users, count(*) AS of,
       coalesce(sum(kept) FILTER (train > 0 AND test > 0), 0)::BIGINT AS withheld
FROM (
    SELECT count(*) FILTER (v.side = 'train') AS train,
           count(*) FILTER (v.side = 'test' AND NOT v.exposed) AS test,
           count(*) FILTER (v.side = 'train' AND v.reason IS NULL) AS kept
    FROM verdicts v
    JOIN examples e USING (example_id)
    WHERE e.user_key IS NOT NULL AND e.group_key IS NULL
    GROUP BY e.user_key
)
WHERE train > 0 OR test > 0
