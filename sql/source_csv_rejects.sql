-- Rows of the file just read that do not fit its header; one row per line of the file.
SELECT line, min(error_message) FROM reject_errors GROUP BY line ORDER BY line
