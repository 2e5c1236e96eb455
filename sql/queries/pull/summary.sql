-- What a source holds; one row.
WITH calls AS (FROM interactions WHERE source = $source),
rated AS (
    SELECT interaction_id FROM feedback
    WHERE kind = 'rating' AND rating_norm IS NOT NULL AND rater_type IN ('human_user', 'human_expert')
    UNION ALL SELECT example_id FROM settled WHERE rating IS NOT NULL
)
SELECT (SELECT count(*) FROM calls) AS interactions,
       -- As the view examples has them; most calls are a conversation of their own.
       (SELECT count(DISTINCT c.session_id)
             + count(*) FILTER (c.session_id IS NULL AND v.example_id IS NULL)
             + count(DISTINCT v.conversation_id) FILTER (c.session_id IS NULL)
        FROM calls c LEFT JOIN conversations v ON v.example_id = c.interaction_id) AS conversations,
       (SELECT count(*) FROM calls WHERE interaction_id IN (SELECT interaction_id FROM rated)) AS rated,
       (SELECT min(created_at) FROM calls) AS first_at,
       (SELECT max(created_at) FROM calls) AS last_at,
       (SELECT count(*) FROM feedback WHERE source = $source AND origin = 'file'
        AND interaction_id NOT IN (SELECT interaction_id FROM interactions)) AS unmatched_feedback,
       EXISTS (FROM calls WHERE given_split IS NOT NULL AND given_split NOT IN ('heldout', 'evict'))
       AND $source NOT IN (SELECT source FROM split_sources) AS split_ignored
