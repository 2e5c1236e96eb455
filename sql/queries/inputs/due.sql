-- Whether what rests on the inputs is due: conversations, and forgetting what is gone; one row.
SELECT EXISTS (FROM settings WHERE name = 'inputs_due')
    OR EXISTS (FROM example_inputs WHERE example_id NOT IN (SELECT interaction_id FROM interactions))
