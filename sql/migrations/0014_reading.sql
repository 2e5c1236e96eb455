-- Where calls and feedback belong together by more than the call's id, and what a score is called.

ALTER TABLE interactions ADD COLUMN trace_id VARCHAR;
COMMENT ON COLUMN interactions.trace_id IS 'The trace that the call is a part of; feedback on a trace counts for its last call.';
ALTER TABLE interactions ADD COLUMN joined BOOLEAN;
COMMENT ON COLUMN interactions.joined IS 'Whether question and answer stood in two documents.';
ALTER TABLE feedback ADD COLUMN name VARCHAR;
COMMENT ON COLUMN feedback.name IS 'What the log calls this score; null where it has one only.';
ALTER TABLE feedback ADD COLUMN trace_id VARCHAR;
COMMENT ON COLUMN feedback.trace_id IS 'The trace that was judged, where no call of it was named.';

ALTER TABLE staging_interactions ADD COLUMN trace_id VARCHAR;
ALTER TABLE staging_interactions ADD COLUMN joined BOOLEAN;
ALTER TABLE staging_feedback ADD COLUMN name VARCHAR;
ALTER TABLE staging_feedback ADD COLUMN trace_id VARCHAR;
ALTER TABLE staging_feedback ADD COLUMN part INTEGER;
