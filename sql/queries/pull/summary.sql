-- What a source holds; one row.
SELECT (SELECT count(*) FROM interactions WHERE source = $source) AS interactions,
       (SELECT count(DISTINCT conversation_id) FROM examples WHERE source = $source) AS conversations,
       (SELECT count(*) FROM ratings JOIN interactions USING (interaction_id)
        WHERE source = $source) AS rated,
       (SELECT min(created_at) FROM interactions WHERE source = $source) AS first_at,
       (SELECT max(created_at) FROM interactions WHERE source = $source) AS last_at,
       (SELECT count(*) FROM feedback WHERE source = $source
        AND interaction_id NOT IN (SELECT interaction_id FROM interactions)) AS unmatched_feedback,
       EXISTS (FROM interactions WHERE source = $source AND given_split IS NOT NULL AND given_split NOT IN ('heldout', 'evict'))
       AND $source NOT IN (SELECT source FROM split_sources) AS split_ignored
