-- The verdict on every example: its side, and the first reason why it is out (null: it is in).
CREATE OR REPLACE TEMP TABLE verdicts AS
SELECT p.example_id, p.side, p.exposed, x.reason, x.stage, x.place, x.evidence,
       coalesce(p.side = 'test' AND NOT p.exposed AND x.only_answer, false) AS pending
FROM plan p
LEFT JOIN (
    SELECT example_id, arg_min(reason, place) AS reason, arg_min(stage, place) AS stage,
           min(place) AS place, arg_min(evidence, place) AS evidence,
           bool_and(judges = 'answer') AS only_answer
    FROM excluded
    GROUP BY example_id
) x USING (example_id)
