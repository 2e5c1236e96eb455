-- Notes that conversations, and forgetting what is gone, are due until they are done.
INSERT OR REPLACE INTO settings VALUES ('inputs_due', '{}')
