-- What the table has (an Arrow table registered as keys); one row per row that may be here.
CREATE OR REPLACE TEMP TABLE present AS SELECT * FROM keys
