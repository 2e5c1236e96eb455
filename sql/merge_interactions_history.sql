-- Keeps content and labels that are about to be replaced, and those that a later document of the
-- same pull replaces; one row per interaction and former content.
INSERT INTO interaction_history
SELECT DISTINCT ON (h.interaction_id, h.content_hash, h.label)
       h.interaction_id, h.content_hash, h.messages, h.output, h.label, h.location, h.line,
       h.run_id, $run_id
FROM (
    SELECT interaction_id, content_hash, messages, output, label, location, line, run_id
    FROM interactions
    WHERE interaction_id IN (SELECT interaction_id FROM incoming UNION FROM stale)
    UNION ALL
    SELECT interaction_id, content_hash, messages, output, label, location, line, run_id
    FROM incoming
    WHERE recency > 1
) h
LEFT JOIN incoming n ON n.interaction_id = h.interaction_id AND n.recency = 1
LEFT JOIN interaction_history known
       ON known.interaction_id = h.interaction_id AND known.content_hash = h.content_hash
      AND known.label IS NOT DISTINCT FROM h.label
WHERE known.interaction_id IS NULL
  AND (n.content_hash IS DISTINCT FROM h.content_hash OR n.label IS DISTINCT FROM h.label)
ORDER BY h.interaction_id, h.content_hash, h.label, h.run_id, h.location, h.line
