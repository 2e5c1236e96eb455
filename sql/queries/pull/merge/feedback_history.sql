-- Keeps what feedback said before it changes or is withdrawn, and what documents said that do not
-- count; one row per feedback and former value.
INSERT INTO feedback_history
SELECT DISTINCT ON (s.feedback_id, s.value, s.rating_norm)
       s.feedback_id, s.interaction_id, s.kind, s.value, s.rating_norm, s.run_id, $run_id
FROM (
    SELECT feedback_id, interaction_id, kind, value, rating_norm, run_id FROM feedback f
    WHERE feedback_id IN (SELECT feedback_id FROM feedback_now UNION SELECT feedback_id FROM withdrawn)
      -- A row without an id may get another number: then its place still says what it said.
      AND NOT EXISTS (
          FROM incoming_feedback n
          WHERE n.line IS NOT NULL AND (n.location, n.line, n.kind) = (f.location, f.line, f.kind)
            AND (n.value, n.rating_norm) IS NOT DISTINCT FROM (f.value, f.rating_norm)
      )
    UNION ALL
    SELECT feedback_id, interaction_id, kind, value, rating_norm, run_id FROM incoming_feedback
    WHERE recency > 1
) s
LEFT JOIN feedback_history h
       ON h.feedback_id = s.feedback_id
      AND (h.value, h.rating_norm) IS NOT DISTINCT FROM (s.value, s.rating_norm)
WHERE h.feedback_id IS NULL
ORDER BY s.feedback_id, s.value, s.rating_norm, s.run_id
