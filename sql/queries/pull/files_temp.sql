-- The files of the pull under way; one row per file.
CREATE OR REPLACE TEMP TABLE pull_files (file_number INTEGER, location VARCHAR, sha256 VARCHAR, was_read BOOLEAN)
