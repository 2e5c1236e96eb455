-- Files of this pull that were read before in another way, by an older reader, or as --reread says;
-- one row per location.
CREATE OR REPLACE TEMP TABLE files_anew AS
SELECT DISTINCT p.location
FROM pulled_files p
JOIN pull_files f ON f.location = p.location AND f.was_read
WHERE p.source = $source AND ($reread OR p.reading <> $reading OR coalesce(p.reader, 1) < $reader)
