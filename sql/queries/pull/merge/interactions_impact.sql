-- What the merge would do to the interactions of the source; one row: whose text or label would be
-- another one (what was missing and comes now changes nothing), how many would go, how many there are.
WITH changed AS (
    SELECT n.interaction_id, n.content_hash, n.label, s.messages, s.output
    FROM staging_interactions s
    JOIN (FROM incoming WHERE recency = 1 AND state = 'changed') n USING (file_number, line, part)
)
SELECT (SELECT count(*)
        FROM calls i
        JOIN changed n USING (interaction_id)
        WHERE (n.content_hash, n.label) IS DISTINCT FROM (i.content_hash, i.label)
          AND ((i.messages <> '[]' AND whole_messages(i.messages, i.query, 'user') <> n.messages)
               OR (i.output IS NOT NULL AND whole_messages(i.output, i.response, 'assistant') IS DISTINCT FROM n.output)
               OR (i.label IS NOT NULL AND i.label IS DISTINCT FROM n.label))),
       (SELECT count(*) FROM stale),
       (SELECT count(*) FROM interactions WHERE source = $source)
