-- Files of a source that were read to the end in the same way; one row per file.
SELECT location, sha256 FROM pulled_files WHERE source = $source AND reading = $reading
