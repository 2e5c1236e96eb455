-- All pairs of inputs that are alike, by method; one row per pair and method.
CREATE OR REPLACE TEMP VIEW alike_inputs AS
SELECT a, b, similarity, difference, 'near' AS method FROM input_pairs
UNION ALL
SELECT a, b, similarity, difference, 'semantic' FROM semantic_pairs
