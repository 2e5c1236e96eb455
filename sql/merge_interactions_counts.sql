-- What the merge did to interactions; one row: new, changed, unchanged.
SELECT count(*) FILTER (was_new), count(*) FILTER (NOT was_new AND i.run_id = $run_id),
       count(*) FILTER (NOT was_new AND i.run_id <> $run_id)
FROM (SELECT interaction_id, was_new FROM incoming WHERE recency = 1) n
JOIN interactions i USING (interaction_id)
