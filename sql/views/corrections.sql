-- The corrected answer or label that counts; one row per interaction and kind.
CREATE OR REPLACE VIEW corrections AS
SELECT DISTINCT ON (interaction_id, kind) interaction_id, kind, value, rater_type, created_at,
       rater_key IS NOT NULL OR created_at IS NOT NULL AS judged
FROM feedback
WHERE kind IN ('correction', 'label') AND rater_type IN ('human_user', 'human_expert')
ORDER BY interaction_id, kind, rater_type = 'human_expert' DESC, origin = 'file' DESC,
         created_at DESC NULLS LAST, run_id DESC, feedback_id;
COMMENT ON VIEW corrections IS 'The corrected answer or label that counts.';
COMMENT ON COLUMN corrections.judged IS 'It says who or when: somebody looked at this example. Else it is of a relabelling.';
