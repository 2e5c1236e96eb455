-- Feedback that its file, now read in another way, no longer gives; one row per feedback.
CREATE OR REPLACE TEMP TABLE withdrawn AS
SELECT f.feedback_id, f.interaction_id
FROM feedback f
JOIN pull_files p ON p.location = f.location AND p.was_read
WHERE f.source = $source AND f.origin = 'file'
  AND f.feedback_id NOT IN (SELECT feedback_id FROM incoming_feedback)
  AND f.location IN (FROM files_anew)
