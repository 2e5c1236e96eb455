-- Answers in words with the vector of what was asked; one row per answer. An answer
-- that a person corrected or wrote is believed, and a rating is looked at as long as the answer is the one rated.
CREATE OR REPLACE TEMP VIEW signal_answers AS
SELECT e.example_id, e.revision, x.input_hash, md5(e.response) AS answer_hash, e.response,
       length(e.response)::DOUBLE AS characters, r.human_rating AS rating, m.cluster_id, e.conversation_id
FROM examples e
JOIN example_inputs x ON x.example_id = e.example_id AND x.revision = e.revision
JOIN embeddings v USING (input_hash)
LEFT JOIN cluster_members m USING (input_hash)
LEFT JOIN ratings r ON r.interaction_id = e.example_id
WHERE e.task <> 'classification' AND NOT e.corrected AND trim(e.response) <> ''
