-- Drops examples whose context holds an earlier answer that a human rated bad: a model should not
-- learn to continue from there. A call counts as later where its messages hold the bad answer.
-- when: live
-- judges: input
-- $bad_rating number = 2: highest human rating of an earlier answer that counts as bad, 1 to 5
SELECT later.example_id, 'bad_context' AS reason, min(earlier.human_rating) AS score
FROM candidates later
JOIN candidates earlier
  ON earlier.conversation_id = later.conversation_id AND earlier.example_id <> later.example_id
WHERE earlier.human_rating <= $bad_rating AND NOT earlier.corrected
  AND (later.created_at >= earlier.created_at OR later.created_at IS NULL OR earlier.created_at IS NULL)
  AND contains(later.messages::VARCHAR, to_json(earlier.response)::VARCHAR)
  AND list_contains(
      list_transform(
          list_filter(later.messages::JSON[], lambda m: m->>'$.role' = 'assistant'),
          lambda m: m->>'$.content'),
      earlier.response)
GROUP BY later.example_id
