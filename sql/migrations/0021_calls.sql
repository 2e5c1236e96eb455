-- Each text of a call is stored once: what its messages and its answer repeat of query and response follows from these.

-- A list of messages in canonical JSON whose last one is a text that somebody said, after what stands before it.
CREATE MACRO messages_with(head, text, role) AS concat(head, '{"content":', to_json(text), ',"role":"', role, '"}]');
-- What is stored of such a list: what stands before that text, which ends with a bracket or a comma, as no JSON
-- does. Any other list is stored whole.
CREATE MACRO stored_messages(whole, text, role) AS CASE
    WHEN whole = messages_with('[', text, role) THEN '['
    WHEN suffix(whole, messages_with(',', text, role))
    THEN left(whole, length(whole) - length(messages_with('', text, role)))
    ELSE whole END;
-- The list again, character for character.
CREATE MACRO whole_messages(stored, text, role) AS CASE
    WHEN suffix(stored, '[') OR suffix(stored, ',') THEN messages_with(stored, text, role) ELSE stored END::JSON;

ALTER TABLE interactions RENAME TO calls;
ALTER TABLE calls ALTER messages TYPE VARCHAR USING stored_messages(messages::VARCHAR, query, 'user');
ALTER TABLE calls ALTER output TYPE VARCHAR USING stored_messages(output::VARCHAR, response, 'assistant');
COMMENT ON TABLE calls IS 'What the view interactions is made of.';
COMMENT ON COLUMN calls.messages IS 'What stands before the query where that is the last message; else all messages.';
COMMENT ON COLUMN calls.output IS 'What stands before the response where that is the last message; else all messages.';

-- Former rows are stored in the same way.
ALTER TABLE undo_interactions ALTER messages TYPE VARCHAR USING stored_messages(messages::VARCHAR, query, 'user');
ALTER TABLE undo_interactions ALTER output TYPE VARCHAR USING stored_messages(output::VARCHAR, response, 'assistant');
COMMENT ON TABLE undo_interactions IS 'Rows of calls as they were before a pull changed or withdrew them.';
