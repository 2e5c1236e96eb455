-- The human rating that counts; one row per interaction that has one. Most have one only, which needs no order.
CREATE OR REPLACE VIEW ratings AS
WITH given AS MATERIALIZED (
    SELECT interaction_id, 1 + 4 * rating_norm AS human_rating, value, rater_type, origin, created_at, run_id,
           feedback_id
    FROM feedback
    WHERE kind = 'rating' AND rating_norm IS NOT NULL AND rater_type IN ('human_user', 'human_expert')
    UNION ALL
    SELECT example_id, rating, rating::VARCHAR, 'human_expert', 'annotation', made_at, NULL, ''
    FROM settled WHERE rating IS NOT NULL
),
several AS MATERIALIZED (SELECT interaction_id FROM given GROUP BY interaction_id HAVING count(*) > 1)
SELECT interaction_id, human_rating, value, rater_type, origin, created_at
FROM given
WHERE interaction_id NOT IN (FROM several)
UNION ALL
SELECT * FROM (
    SELECT DISTINCT ON (interaction_id) interaction_id, human_rating, value, rater_type, origin, created_at
    FROM given
    WHERE interaction_id IN (FROM several)
    ORDER BY interaction_id, origin = 'annotation' DESC, rater_type = 'human_expert' DESC, origin = 'file' DESC,
             created_at DESC NULLS LAST, run_id DESC, feedback_id
);
COMMENT ON VIEW ratings IS 'The human rating that counts, 1 to 5: annotators over experts over users, later feedback over the log''s own, newest first.';
