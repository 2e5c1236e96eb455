-- Inputs that are alike enough and that something keeps apart, with an example of each that is in a file;
-- one row per pair.
WITH kept AS (
    SELECT input_hash, min(example_id) AS example_id, arg_min(file, example_id) AS file FROM report_examples
    WHERE file IS NOT NULL GROUP BY input_hash
),
apart AS (
    SELECT a, b, max(similarity) AS similarity, min(difference) AS difference, arg_max(method, similarity) AS method
    FROM alike_inputs
    WHERE difference IS NOT NULL AND similarity >= CASE method WHEN 'near' THEN $near ELSE $semantic END
    GROUP BY a, b
)
SELECT x.example_id AS one, y.example_id AS other, 'kept apart by ' || difference || ', ' || method AS what, similarity,
       x.file AS one_is, y.file AS other_is, count(*) OVER () AS total
FROM apart JOIN kept x ON x.input_hash = a JOIN kept y ON y.input_hash = b
ORDER BY similarity DESC, one, other
LIMIT $most
