-- Vectors of answers; one row per distinct answer, in the order of hashes. The name is what vectors are read by.
SELECT answer_hash AS input_hash, vector FROM answer_vectors ORDER BY answer_hash
