-- Notes where unchanged rows now stand.
UPDATE interactions
SET location = n.location, line = n.place
FROM incoming n
WHERE interactions.interaction_id = n.interaction_id AND n.recency = 1 AND n.state = 'unchanged'
  AND (interactions.location, interactions.line) IS DISTINCT FROM (n.location, n.place)
