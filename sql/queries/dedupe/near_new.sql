-- Inputs long enough to be near-duplicates that have no keys yet (all of them, where everything is
-- computed anew); one row per input, in the order of hashes.
SELECT input_hash, text FROM inputs WHERE words >= 8 AND (NOT paired OR $anew) ORDER BY input_hash
