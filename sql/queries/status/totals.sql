-- The project in counts; one row.
WITH given AS (
    SELECT interaction_id FROM feedback
    WHERE kind = 'rating' AND rating_norm IS NOT NULL AND rater_type IN ('human_user', 'human_expert')
    UNION ALL SELECT example_id FROM settled WHERE rating IS NOT NULL
)
SELECT (SELECT count(*) FROM interactions) AS interactions,
       -- As the view examples has them; most calls are a conversation of their own.
       (SELECT count(DISTINCT i.source || '/' || i.session_id)
             + count(*) FILTER (i.session_id IS NULL AND v.example_id IS NULL)
             + count(DISTINCT v.conversation_id) FILTER (i.session_id IS NULL)
        FROM interactions i LEFT JOIN conversations v ON v.example_id = i.interaction_id) AS conversations,
       (SELECT count(*) FROM interactions WHERE interaction_id IN (FROM given)) AS rated,
       (SELECT count(*) FROM rejects) AS rejects,
       (SELECT count(*) FROM feedback ANTI JOIN interactions USING (interaction_id)) AS unmatched_feedback,
       (SELECT count(*) FROM examples e LEFT JOIN filter_checked c USING (example_id)
        WHERE c.revision IS DISTINCT FROM e.revision) AS unchecked,
       (SELECT count(*) FROM verdicts WHERE reason IS NULL AND side = 'train') AS train,
       (SELECT count(*) FROM verdicts WHERE reason IS NULL AND side = 'test') AS test,
       (SELECT count(*) FROM verdicts WHERE pending) AS pending
