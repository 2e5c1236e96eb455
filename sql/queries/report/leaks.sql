-- Train examples that a test example withholds; one row per example.
SELECT example_id AS one, leaks AS other, 'leak: ' || leak_kind AS what, NULL::DOUBLE AS similarity, 'withheld from train' AS one_is,
       CASE WHEN published THEN 'in an exported test file' ELSE 'test' END AS other_is,
       count(*) OVER () AS total
FROM plan WHERE leaks IS NOT NULL
ORDER BY leak_kind, one
LIMIT $most
