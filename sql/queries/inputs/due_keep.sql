-- Notes that conversations, and forgetting what is gone, are due until they are done, where it is not noted.
INSERT OR IGNORE INTO settings VALUES ('inputs_due', '{}')
