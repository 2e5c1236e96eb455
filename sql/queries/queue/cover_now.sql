-- What vectors say as it will be stored: for this kind of work as found now (an Arrow table registered as found),
-- for others as stored; one row per kind, input and detector.
CREATE OR REPLACE TEMP TABLE cover AS
SELECT $kind AS kind, detector, input_hash, score, why FROM found
UNION ALL
SELECT kind, detector, input_hash, score, why FROM curate.cover WHERE kind <> $kind
