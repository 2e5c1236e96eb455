-- Labels that like inputs, or a low rating, speak against.
-- serves: labels
-- place: 5
-- prior: 5 of 10
SELECT example_id, score, suggested,
       -- What is held out comes first, after what waits for an answer: a wrong label there misleads every
       -- comparison. Then comes what copies contradict too: two witnesses, as the model has not seen them.
       CASE WHEN side = 'test' THEN 1
            WHEN example_id IN (SELECT example_id FROM issues WHERE kind = 'contradictory_label') THEN 4
            ELSE 5 END AS place
FROM suspects
WHERE tier IS DISTINCT FROM 'possible'
