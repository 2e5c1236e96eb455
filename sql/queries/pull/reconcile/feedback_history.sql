-- Empties what feedback said that stood in rows that are gone, or that is gone itself.
UPDATE feedback_history
SET value = NULL, rating_norm = NULL
WHERE feedback_id IN (
    SELECT id FROM gone
    UNION
    SELECT substr(sha256(id || chr(31) || 'row' || chr(31) || kind), 1, 32)
    FROM gone CROSS JOIN (VALUES ('rating'), ('correction')) AS kinds(kind)
)
