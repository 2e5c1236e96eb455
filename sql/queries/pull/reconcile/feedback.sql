-- Removes the feedback that is gone.
DELETE FROM feedback WHERE feedback_id IN (SELECT id FROM gone)
