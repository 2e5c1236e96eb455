-- Examples whose pairs are made anew: the changed ones, and those that share or shared a prompt with
-- one; one row per example.
CREATE OR REPLACE TEMP TABLE touched AS
SELECT example_id FROM changed
UNION
SELECT example_id FROM pair_answers
WHERE prompt_hash IN (
    SELECT prompt_hash FROM changed
    UNION SELECT a.prompt_hash FROM pair_answers a JOIN changed USING (example_id))
