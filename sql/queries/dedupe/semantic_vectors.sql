-- The vectors of inputs from one hash to another, in the order of hashes: of all, or of those that the semantic
-- pairs do not cover; one row per input.
SELECT input_hash, vector
FROM embeddings
WHERE input_hash BETWEEN $first AND $last AND ($all OR NOT paired)
ORDER BY input_hash
