-- Notes that conversations, and forgetting what is gone, are due until they are done. Where all that has
-- happened since they were is that one run has added rows, the note says which ($run_id, else null).
INSERT OR REPLACE INTO settings
SELECT 'inputs_due', CASE WHEN $run_id IS NULL OR EXISTS (FROM settings WHERE name = 'inputs_due') THEN '{}'
                          ELSE json_object('added_by', $run_id) END
