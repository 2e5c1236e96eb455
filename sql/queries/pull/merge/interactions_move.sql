-- Notes where unchanged rows now stand.
UPDATE calls
SET location = n.location, line = n.place
FROM incoming n
WHERE calls.interaction_id = n.interaction_id AND n.recency = 1 AND n.state = 'unchanged'
  AND (calls.location, calls.line) IS DISTINCT FROM (n.location, n.place)
