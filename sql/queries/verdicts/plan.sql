-- The ledger as it would be after the next export (an Arrow table registered as planned).
CREATE OR REPLACE TEMP TABLE plan AS SELECT * FROM planned
