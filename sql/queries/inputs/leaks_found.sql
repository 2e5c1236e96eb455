-- How many pairs of inputs, one in the train and one in the test file of a version, leak by today's measure (tables
-- measured, near_now) and did not by the one before; one row.
WITH lines AS (
    SELECT DISTINCT name, version, side = 'test' AS held_out, m.input_hash AS was, m.now_hash AS now
    FROM version_examples v
    JOIN measured m USING (input_hash)
    WHERE v.line IS NOT NULL
),
alike AS (
    SELECT now_hash AS one, now_hash AS other FROM measured
    UNION
    SELECT a, b FROM near_now WHERE similarity >= $threshold
    UNION
    SELECT b, a FROM near_now WHERE similarity >= $threshold
),
leaks AS (
    SELECT DISTINCT least(t.was, h.was) AS a, greatest(t.was, h.was) AS b
    FROM lines t
    JOIN alike k ON k.one = t.now
    JOIN lines h ON h.now = k.other AND h.name = t.name AND h.version = t.version AND h.held_out
    WHERE NOT t.held_out AND t.was <> h.was
)
SELECT count(*)
FROM leaks
WHERE (a, b) NOT IN (SELECT (a, b) FROM input_pairs WHERE similarity >= $threshold)
