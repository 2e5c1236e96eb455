-- How many bytes of text stale examples (an Arrow table registered as stale_inputs) have; one row per example.
-- None was stored by a run before $since.
SELECT s.example_id, s.revision,
       strlen(c.messages) + coalesce(strlen(c.query), 0) + coalesce(strlen(c.context), 0)
       + coalesce(strlen(c.output), 0) + coalesce(strlen(c.response), 0) AS size
FROM stale_inputs s
JOIN calls c ON c.interaction_id = s.example_id
WHERE c.run_id >= $since
