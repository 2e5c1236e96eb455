-- Calls without a session id and the longest call that each continues; one row per continuing call.
CREATE OR REPLACE TEMP TABLE continuations AS
WITH prefixes AS (
    SELECT interaction_id, call_hash, unnest(chain) AS prefix, generate_subscripts(chain, 1) AS place
    FROM interactions
    WHERE session_id IS NULL AND call_hash IS NOT NULL AND len(chain) > 0
),
-- Few calls continue others: only what they begin with is looked for among all.
calls AS (
    SELECT interaction_id, call_hash FROM interactions
    WHERE session_id IS NULL AND call_hash IN (SELECT prefix FROM prefixes)
),
direct AS (
    SELECT interaction_id, call_hash, arg_max(prefix, place) AS parent_hash
    FROM prefixes
    WHERE prefix IN (SELECT call_hash FROM calls)
    GROUP BY ALL
),
parents AS (
    SELECT call_hash AS parent_hash, count(*) AS parents, min(interaction_id) AS parent_id
    FROM calls GROUP BY call_hash
),
children AS (
    SELECT parent_hash, count(DISTINCT call_hash) AS children FROM direct GROUP BY parent_hash
)
SELECT d.interaction_id, d.parent_hash, p.parent_id, p.parents = 1 AND c.children = 1 AS certain
FROM direct d JOIN parents p USING (parent_hash) JOIN children c USING (parent_hash)
