-- The best train example of each input and label, exact duplicates aside; one row per head. The
-- held-out side is a sample of production, likenesses and all.
CREATE OR REPLACE TEMP TABLE heads AS
SELECT input_hash, label, arg_min(example_id, rank) AS example_id, min(rank) AS rank,
       arg_min(conversation_id, rank) AS conversation_id
FROM passing
WHERE side = 'train' AND NOT empty_input AND example_id NOT IN (SELECT example_id FROM duplicates)
GROUP BY input_hash, label
