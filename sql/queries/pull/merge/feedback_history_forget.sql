-- Takes out of the history what feedback of this pull says (again) now.
DELETE FROM feedback_history h
USING feedback f
WHERE f.feedback_id = h.feedback_id AND f.feedback_id IN (SELECT feedback_id FROM incoming_feedback)
  AND (f.value, f.rating_norm) IS NOT DISTINCT FROM (h.value, h.rating_norm)
