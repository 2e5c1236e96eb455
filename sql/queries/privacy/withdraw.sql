-- Withdraws what was allowed under a number; returns it, nothing where there is none.
UPDATE privacy_allowed SET withdrawn = true, withdrawn_run_id = $run_id
WHERE number = $number AND NOT withdrawn
RETURNING number
