-- Examples that are judged anew, otherwise than before, or no longer, with the prompt that they had;
-- one row per example.
CREATE OR REPLACE TEMP TABLE changed AS
SELECT coalesce(j.example_id, a.example_id) AS example_id, a.prompt_hash AS prompt_hash
FROM judged j
FULL JOIN pair_answers a USING (example_id)
WHERE j.state IS DISTINCT FROM a.state
