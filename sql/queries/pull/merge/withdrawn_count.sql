-- How much feedback the merge has withdrawn; one row.
SELECT count(*) FROM withdrawn
