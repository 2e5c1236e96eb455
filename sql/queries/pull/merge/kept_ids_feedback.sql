-- Gives feedback that waits for an id to the interaction that goes by it now.
UPDATE feedback
SET interaction_id = k.interaction_id
FROM kept_ids k
WHERE (k.source, k.source_id, k.run_id) = (feedback.source, feedback.source_id, $run_id)
  AND feedback.origin = 'file' AND feedback.interaction_id <> k.interaction_id
