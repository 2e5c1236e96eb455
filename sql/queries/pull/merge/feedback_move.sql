-- Notes where unchanged feedback now stands.
UPDATE feedback
SET location = n.location, line = n.line
FROM feedback_now n
WHERE feedback.feedback_id = n.feedback_id AND n.state = 'unchanged'
  AND (feedback.location, feedback.line) IS DISTINCT FROM (n.location, n.line)
