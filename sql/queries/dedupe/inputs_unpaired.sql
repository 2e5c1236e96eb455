-- Whether an input is not in the near-duplicate pairs yet; one row.
SELECT count(*) > 0 FROM inputs WHERE NOT paired
