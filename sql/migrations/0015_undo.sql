-- What pulls replaced, so that one can be taken back; which reader read what; ids that outlive a reading.

ALTER TABLE pulled_files ADD COLUMN reader INTEGER;
COMMENT ON COLUMN pulled_files.reader IS 'Version of the reader; null in files that were read before it was recorded, by the first.';
ALTER TABLE pulled_tables ADD COLUMN reader INTEGER;
COMMENT ON COLUMN pulled_tables.reader IS 'Version of the reader that began at the first row; null where it was not recorded.';

CREATE TABLE kept_ids (
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    interaction_id VARCHAR NOT NULL,
    run_id INTEGER NOT NULL
);
COMMENT ON TABLE kept_ids IS 'Interactions that kept their id when their place was read in another way, though their source id is another one now.';

CREATE TABLE undo_runs (
    run_id INTEGER NOT NULL,
    source VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    undone_run_id INTEGER
);
COMMENT ON TABLE undo_runs IS 'Pulls that changed something; one row per run.';
COMMENT ON COLUMN undo_runs.state IS 'kept (it can be taken back), undone, pruned (too many pulls ago), or forgotten (rows that it replaced were deleted at the source).';

-- Former rows, in full; undo_run_id is the run that replaced, withdrew or moved them.
CREATE TABLE undo_interactions AS SELECT 0::INTEGER AS undo_run_id, * FROM interactions LIMIT 0;
COMMENT ON TABLE undo_interactions IS 'Interactions as they were before a pull changed or withdrew them.';
CREATE TABLE undo_interaction_history AS SELECT 0::INTEGER AS undo_run_id, * FROM interaction_history LIMIT 0;
COMMENT ON TABLE undo_interaction_history IS 'Former contents that a pull took out of the history.';
CREATE TABLE undo_feedback AS SELECT 0::INTEGER AS undo_run_id, * FROM feedback LIMIT 0;
COMMENT ON TABLE undo_feedback IS 'Feedback as it was before a pull changed or withdrew it.';
CREATE TABLE undo_feedback_history AS SELECT 0::INTEGER AS undo_run_id, * FROM feedback_history LIMIT 0;
COMMENT ON TABLE undo_feedback_history IS 'Former feedback that a pull took out of the history.';
CREATE TABLE undo_rejects AS SELECT 0::INTEGER AS undo_run_id, * FROM rejects LIMIT 0;
COMMENT ON TABLE undo_rejects IS 'Rejects that a pull took off the list.';
CREATE TABLE undo_pulled_files AS SELECT 0::INTEGER AS undo_run_id, * FROM pulled_files LIMIT 0;
COMMENT ON TABLE undo_pulled_files IS 'What was known of files before a pull read them again.';
CREATE TABLE undo_pulled_tables AS SELECT 0::INTEGER AS undo_run_id, * FROM pulled_tables LIMIT 0;
COMMENT ON TABLE undo_pulled_tables IS 'How far a table had been read before a pull; without a reading it had not been.';
CREATE TABLE undo_pull_state AS SELECT 0::INTEGER AS undo_run_id, * FROM pull_state LIMIT 0;
COMMENT ON TABLE undo_pull_state IS 'How a source was read before a pull; without a mapping it had not been.';
CREATE TABLE undo_places (
    undo_run_id INTEGER NOT NULL,
    part VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    location VARCHAR,
    line BIGINT
);
COMMENT ON TABLE undo_places IS 'Where rows stood before a pull found them, unchanged, in another place.';
COMMENT ON COLUMN undo_places.part IS 'interactions or feedback.';
