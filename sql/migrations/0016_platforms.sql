-- Log platforms: how far each of their streams has been read.

CREATE TABLE pulled_platforms (
    source VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    location VARCHAR NOT NULL,
    reading VARCHAR NOT NULL,
    since TIMESTAMP,
    high TIMESTAMP,
    low TIMESTAMP,
    upto TIMESTAMP,
    cursor VARCHAR,
    PRIMARY KEY (source, kind, location)
);
COMMENT ON TABLE pulled_platforms IS 'How far each stream of a log platform has been read, and how; times are those of its documents, UTC.';
COMMENT ON COLUMN pulled_platforms.since IS 'The time from which everything up to high is here; null: from the beginning.';
COMMENT ON COLUMN pulled_platforms.high IS 'The time up to which it is here; null until a first window has been read to its end.';
COMMENT ON COLUMN pulled_platforms.low IS 'Where the window of an unfinished pull begins; null: at the beginning.';
COMMENT ON COLUMN pulled_platforms.upto IS 'Where the window of an unfinished pull ends; null where none is unfinished.';
COMMENT ON COLUMN pulled_platforms.cursor IS 'The server''s cursor of the next page of that window.';

CREATE TABLE undo_pulled_platforms AS SELECT 0::INTEGER AS undo_run_id, * FROM pulled_platforms LIMIT 0;
COMMENT ON TABLE undo_pulled_platforms IS 'How far a stream had been read before a pull; without a reading it had not been.';
