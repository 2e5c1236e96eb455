-- The run that has added rows, where that is all that has happened since the inputs were done; at most one row.
SELECT (value ->> 'added_by')::INTEGER FROM settings WHERE name = 'inputs_due' AND (value ->> 'added_by') IS NOT NULL
