-- What the merge would do to the interactions of the source; one row: whose text or label would be
-- another one (what was missing and comes now changes nothing), how many would go, how many there are.
SELECT (SELECT count(*)
        FROM incoming n
        JOIN interactions i USING (interaction_id)
        JOIN staging_interactions s ON (s.file_number, s.line, s.part) = (n.file_number, n.line, n.part)
        WHERE n.recency = 1 AND n.state = 'changed'
          AND (n.content_hash, n.label) IS DISTINCT FROM (i.content_hash, i.label)
          AND ((i.messages <> '[]' AND i.messages <> s.messages)
               OR (i.output IS NOT NULL AND i.output IS DISTINCT FROM s.output)
               OR (i.label IS NOT NULL AND i.label IS DISTINCT FROM n.label))),
       (SELECT count(*) FROM stale),
       (SELECT count(*) FROM interactions WHERE source = $source)
