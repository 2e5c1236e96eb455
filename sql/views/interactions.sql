-- The calls as they were pulled; one row per call.
CREATE OR REPLACE VIEW interactions AS
SELECT * REPLACE (whole_messages(messages, query, 'user') AS messages,
                  whole_messages(output, response, 'assistant') AS output)
FROM calls;
COMMENT ON VIEW interactions IS 'One logged model call as pulled; id = hash of (source, source_id).';
COMMENT ON COLUMN interactions.messages IS 'OpenAI shape: everything before the answer, oldest first.';
COMMENT ON COLUMN interactions.output IS 'List of assistant messages, normally one.';
COMMENT ON COLUMN interactions.query IS 'Text of the last user turn.';
COMMENT ON COLUMN interactions.context IS 'Text of the two messages before the last user turn.';
COMMENT ON COLUMN interactions.created_at IS 'UTC.';
COMMENT ON COLUMN interactions.user_key IS 'HMAC-SHA256 of the user id under the project''s salt.';
COMMENT ON COLUMN interactions.call_hash IS 'Hash chain over messages and answer; null where a session id is known.';
COMMENT ON COLUMN interactions.chain IS 'Hash chain after each earlier assistant turn, oldest first.';
COMMENT ON COLUMN interactions.content_hash IS 'SHA-256 over messages, output and tools.';
COMMENT ON COLUMN interactions.document IS 'The document, where it gave several interactions: outputs of one call, or the sides of a preference.';
COMMENT ON COLUMN interactions.preference IS 'chosen or rejected, in a preference that the source gives.';
COMMENT ON COLUMN interactions.rank IS 'Place among the answers to its prompt; the lowest is the best.';
COMMENT ON COLUMN interactions.trace_id IS 'The trace that the call is a part of; feedback on a trace counts for its last call.';
COMMENT ON COLUMN interactions.joined IS 'Whether question and answer stood in two documents.';
