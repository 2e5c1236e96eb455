-- Tasks that are not handed over yet and must come without a hint: of examples that are held out by now, or
-- whose input is; one row per task.
WITH held_out AS (
    SELECT x.input_hash FROM verdicts v JOIN example_inputs x USING (example_id) WHERE v.side = 'test'
)
SELECT t.task_key
FROM tasks t
JOIN example_inputs x USING (example_id)
WHERE t.state IN ('queued', 'pending') AND x.input_hash IN (SELECT input_hash FROM held_out)
