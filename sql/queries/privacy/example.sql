-- The examples whose id begins like this, or whose source gave them this id; two are enough to refuse.
SELECT example_id, revision FROM examples
WHERE starts_with(example_id, $id) OR source_id = $id
ORDER BY example_id
LIMIT 2
