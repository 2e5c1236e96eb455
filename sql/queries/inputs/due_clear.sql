-- Notes that conversations, and forgetting what is gone, are done.
DELETE FROM settings WHERE name = 'inputs_due'
