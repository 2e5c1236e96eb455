-- What the merge did to interactions; one row: new, changed, unchanged, documents that do not count
-- because a later one has their id.
SELECT count(*) FILTER (recency = 1 AND state = 'new'),
       count(*) FILTER (recency = 1 AND state <> 'new' AND touched),
       count(*) FILTER (recency = 1 AND NOT touched AND state <> 'new'),
       count(*) FILTER (recency > 1)
FROM (
    SELECT n.recency, n.state, n.state = 'changed' OR n.interaction_id IN (
        SELECT interaction_id FROM feedback_now WHERE state <> 'unchanged'
        UNION SELECT interaction_id FROM withdrawn
    ) AS touched
    FROM incoming n
)
