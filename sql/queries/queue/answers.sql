-- Whether there are logs, and whether they hold an answer; one row.
SELECT EXISTS (FROM interactions), EXISTS (FROM interactions WHERE trim(response) <> '')
