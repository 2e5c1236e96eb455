-- Whether anybody has decided anything; one row.
SELECT EXISTS (FROM decisions) OR EXISTS (FROM settled) OR EXISTS (FROM settled_pairs)
