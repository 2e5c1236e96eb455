-- Makes room for the history of this pull's interactions, which the temporary table former holds.
DELETE FROM interaction_history
WHERE interaction_id IN (SELECT interaction_id FROM incoming UNION FROM stale)
