-- Drops examples whose context holds an earlier answer that a human rated bad: a model should not
-- learn to continue from there.
-- when: live
-- judges: input
-- $bad_rating number = 2: highest human rating of an earlier answer that counts as bad, 1 to 5
SELECT later.example_id, 'bad_context' AS reason, min(earlier.human_rating) AS score
FROM candidates later
JOIN candidates earlier
  ON earlier.conversation_id = later.conversation_id AND earlier.example_id <> later.example_id
WHERE earlier.human_rating <= $bad_rating AND NOT earlier.corrected
  AND contains(later.messages::VARCHAR, to_json(earlier.response)::VARCHAR)
GROUP BY later.example_id
