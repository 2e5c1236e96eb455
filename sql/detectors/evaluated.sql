-- Held-out examples that a model failed (curate evaluate), and as many that none did, of the same label or cluster:
-- asked about blind, so that the test is not bent towards what models answer. Of each name, the newest answers count.
-- serves: labels, answers
-- place: 7
-- order: 71
-- prior: 1 of 10
WITH newest AS (
    SELECT test_id, answers_digest
    FROM looks
    QUALIFY row_number() OVER (PARTITION BY candidate ORDER BY run_id DESC, answers_digest) = 1
),
judged AS (
    SELECT s.example_id, min(s.score) < 0.5 AS failed
    FROM newest
    JOIN look_scores s USING (test_id, answers_digest)
    GROUP BY s.example_id
),
drawn AS (
    SELECT j.example_id, j.failed, coalesce(e.label, m.cluster_id::VARCHAR, '') AS stratum,
           row_number() OVER (PARTITION BY j.failed, stratum ORDER BY md5(j.example_id)) AS lot
    FROM judged j
    JOIN verdicts v USING (example_id)
    JOIN examples e USING (example_id)
    JOIN example_inputs x USING (example_id)
    LEFT JOIN cluster_members m USING (input_hash)
    WHERE v.side = 'test' AND v.reason IS NULL
),
pairs AS (
    FROM drawn QUALIFY count(*) OVER (PARTITION BY stratum, lot) = 2
)
-- Both of a pair have one score: the first pair of every stratum comes before the second of any.
SELECT example_id, row_number() OVER (PARTITION BY failed ORDER BY lot, md5(stratum)) AS score
FROM pairs
