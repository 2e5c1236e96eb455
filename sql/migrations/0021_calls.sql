-- Each text of a call is stored once: what its messages and its answer repeat of query and response follows from these.

CREATE MACRO message_of(text, role) AS '{"content":' || to_json(text) || ',"role":"' || role || '"}]';
-- What is stored of a list of messages: where the last one is this text said in this role, only what stands before
-- it. That ends with a bracket or a comma, as no JSON does. Else the whole list is.
CREATE MACRO stored_messages(whole, text, role) AS CASE
    WHEN whole = '[' || message_of(text, role) THEN '['
    WHEN suffix(whole, ',' || message_of(text, role)) THEN left(whole, length(whole) - length(message_of(text, role)))
    ELSE whole END;
-- The list again, character for character.
CREATE MACRO whole_messages(stored, text, role) AS CASE
    WHEN suffix(stored, '[') OR suffix(stored, ',') THEN stored || message_of(text, role) ELSE stored END::JSON;

ALTER TABLE interactions RENAME TO calls;
ALTER TABLE calls ALTER messages TYPE VARCHAR USING stored_messages(messages::VARCHAR, query, 'user');
ALTER TABLE calls ALTER output TYPE VARCHAR USING stored_messages(output::VARCHAR, response, 'assistant');
COMMENT ON TABLE calls IS 'What the view interactions is made of.';
COMMENT ON COLUMN calls.messages IS 'What stands before the query where that is the last message; else all messages.';
COMMENT ON COLUMN calls.output IS 'What stands before the response where that is the last message; else all messages.';
