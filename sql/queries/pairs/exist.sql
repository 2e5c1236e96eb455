-- Whether there are preference pairs; one row.
SELECT EXISTS (FROM pairs)
