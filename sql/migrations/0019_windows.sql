-- A long input is read in windows: its vector is the mean of theirs, and no longer that of its beginning.

-- Vectors of beginnings go, with all that rests on them; the next `curate embed` makes them anew.
DELETE FROM semantic_pairs
WHERE a IN (SELECT input_hash FROM embeddings WHERE truncated)
   OR b IN (SELECT input_hash FROM embeddings WHERE truncated);
DELETE FROM cluster_members WHERE input_hash IN (SELECT input_hash FROM embeddings WHERE truncated);
DELETE FROM mislabels WHERE EXISTS (SELECT 1 FROM embeddings WHERE truncated);
DELETE FROM edges WHERE EXISTS (SELECT 1 FROM embeddings WHERE truncated);
DELETE FROM cover WHERE EXISTS (SELECT 1 FROM embeddings WHERE truncated);
DELETE FROM signals WHERE EXISTS (SELECT 1 FROM embeddings WHERE truncated);
DELETE FROM embeddings WHERE truncated;

ALTER TABLE embeddings RENAME COLUMN truncated TO windowed;
COMMENT ON COLUMN embeddings.windowed IS 'The input is longer than the encoder reads at once: the vector is the mean of its windows.';

COMMENT ON COLUMN semantic_pairs.difference IS 'The same; script, where the encoder cannot read one; part, where one is windowed and their words do not agree as wholes.';
