-- Which of two answers most annotators prefer; nothing where they tie. One row per pair.
CREATE OR REPLACE TEMP TABLE settling_pairs AS
WITH votes AS (
    SELECT least(example_id, other_id) AS example_id, greatest(example_id, other_id) AS other_id,
           value AS preferred, count(*) AS votes, min(annotator) AS annotator, max(made_at) AS made_at
    FROM current_decisions
    WHERE kind = 'prefer' AND NOT stale
    GROUP BY ALL
)
SELECT * EXCLUDE (votes) FROM votes
QUALIFY votes = max(votes) OVER (PARTITION BY example_id, other_id)
    AND count(*) OVER (PARTITION BY example_id, other_id, votes) = 1
