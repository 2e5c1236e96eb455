-- Stores the settings of one stage.
INSERT OR REPLACE INTO settings VALUES ($name, $value)
