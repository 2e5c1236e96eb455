-- Lines of versions that are no example of the store: pairs, and rows mixed in from elsewhere.

CREATE TABLE version_lines (
    name VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    side VARCHAR NOT NULL,
    line BIGINT NOT NULL,
    item_id VARCHAR NOT NULL,
    example_ids VARCHAR[] NOT NULL,
    row_hash VARCHAR NOT NULL
);
COMMENT ON TABLE version_lines IS 'Lines of versions that are not one example each: pairs, and rows mixed in; one row per line.';
COMMENT ON COLUMN version_lines.example_ids IS 'Chosen and rejected of a pair; the id of a mixed-in row.';
COMMENT ON COLUMN version_lines.row_hash IS 'Digest of the line in every format.';
