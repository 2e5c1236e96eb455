-- Tables of databases: how far each has been read, which row a reject was, what was deleted there.

CREATE TABLE pulled_tables (
    source VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    location VARCHAR NOT NULL,
    reading VARCHAR NOT NULL,
    id_column VARCHAR NOT NULL,
    cursor_column VARCHAR NOT NULL,
    key_column VARCHAR NOT NULL,
    high VARCHAR NOT NULL,
    at_cursor VARCHAR,
    at_key VARCHAR,
    PRIMARY KEY (source, kind, location)
);
COMMENT ON TABLE pulled_tables IS 'How far each table of a database has been read, and how; values are JSON.';
COMMENT ON COLUMN pulled_tables.high IS 'The cursor value up to which rows are read.';
COMMENT ON COLUMN pulled_tables.at_cursor IS 'Where an unfinished pull stands; null once everything up to high is here.';

ALTER TABLE rejects ALTER COLUMN line DROP NOT NULL;
ALTER TABLE rejects ADD COLUMN row_key VARCHAR;
COMMENT ON COLUMN rejects.row_key IS 'Key of the row that was refused; null in a file, which has lines.';

ALTER TABLE interaction_history ADD COLUMN deleted BOOLEAN;
COMMENT ON COLUMN interaction_history.deleted IS 'True where the source deleted the interaction; then nothing of its content is kept.';

ALTER TABLE staging_interactions ADD COLUMN row_key VARCHAR;
ALTER TABLE staging_feedback ADD COLUMN row_key VARCHAR;
ALTER TABLE staging_rejects ADD COLUMN row_key VARCHAR;
