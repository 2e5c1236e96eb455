-- Answers that are looked at (temporary view signal_answers), in the order of examples; one row per answer.
SELECT * FROM signal_answers ORDER BY example_id
