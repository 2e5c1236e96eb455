-- Forgets how the files of this pull were read before.
DELETE FROM pulled_files
WHERE source = $source AND location IN (SELECT location FROM pull_files WHERE was_read)
