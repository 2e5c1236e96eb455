-- Users without a group of their own who stand on both sides (table verdicts), and their examples that are
-- in train today; one row.
SELECT count(*) AS users, coalesce(sum(train), 0)::BIGINT AS train
FROM (
    SELECT count(*) FILTER (v.side = 'train' AND v.reason IS NULL) AS train
    FROM verdicts v
    JOIN examples e USING (example_id)
    WHERE e.user_key IS NOT NULL AND e.group_key IS NULL
    GROUP BY e.user_key
    HAVING count(*) FILTER (v.side = 'train') > 0 AND count(*) FILTER (v.side = 'test' AND NOT v.exposed) > 0
)
