-- The corrected answer or label that counts; one row per interaction and kind.
CREATE OR REPLACE VIEW corrections AS
SELECT DISTINCT ON (interaction_id, kind) interaction_id, kind, value, rater_type, created_at
FROM feedback
WHERE kind IN ('correction', 'label') AND rater_type IN ('human_user', 'human_expert')
ORDER BY interaction_id, kind, rater_type = 'human_expert' DESC, origin = 'file' DESC,
         created_at DESC NULLS LAST, run_id DESC, feedback_id;
COMMENT ON VIEW corrections IS 'The corrected answer or label that counts.';
