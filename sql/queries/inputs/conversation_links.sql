-- The uncertain continuations: a call that several continue, and every call, at any depth, whose
-- history begins with it; one row per call hash and example.
WITH uncertain AS (SELECT DISTINCT parent_hash FROM continuations WHERE NOT certain),
prefixes AS (
    SELECT unnest(chain) AS prefix, interaction_id
    FROM interactions
    WHERE session_id IS NULL AND len(chain) > 0
)
SELECT prefix AS call_hash, interaction_id AS example_id, true AS is_child
FROM prefixes
WHERE prefix IN (FROM uncertain)
UNION ALL
SELECT call_hash, interaction_id, false
FROM interactions
WHERE session_id IS NULL AND call_hash IN (FROM uncertain)
ORDER BY ALL
