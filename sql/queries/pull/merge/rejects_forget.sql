-- Forgets the rejects of files that were read again.
DELETE FROM rejects
WHERE source = $source AND location IN (SELECT location FROM pull_files WHERE was_read)
