-- Drops examples whose context holds an earlier answer that a human rated bad: a model should not
-- learn to continue from there. A call counts as later where its messages hold the bad answer.
-- when: live
-- judges: input
-- $bad_rating number = 2: highest human rating of an earlier answer that counts as bad, 1 to 5
WITH bad AS MATERIALIZED (
    SELECT example_id, conversation_id, created_at, human_rating
    FROM candidates
    WHERE human_rating <= $bad_rating AND NOT corrected
),
calls AS MATERIALIZED (
    SELECT later.example_id, bad.example_id AS earlier_id, bad.human_rating
    FROM candidates later
    JOIN bad ON bad.conversation_id = later.conversation_id AND bad.example_id <> later.example_id
    WHERE later.created_at >= bad.created_at OR later.created_at IS NULL OR bad.created_at IS NULL
),
/* Texts are read of these calls only. As one list they are known to be few, and looked up first. */
texts AS MATERIALIZED (
    SELECT example_id, messages, response
    FROM candidates
    WHERE example_id IN (SELECT unnest(ids) FROM (
        SELECT list_concat(list(DISTINCT example_id), list(DISTINCT earlier_id)) AS ids FROM calls))
)
SELECT c.example_id, 'bad_context' AS reason, min(c.human_rating) AS score
FROM calls c
JOIN texts later ON later.example_id = c.example_id
JOIN texts earlier ON earlier.example_id = c.earlier_id
WHERE contains(later.messages::VARCHAR, to_json(earlier.response)::VARCHAR)
  AND list_contains(
      list_transform(
          list_filter(later.messages::JSON[], lambda m: m->>'$.role' = 'assistant'),
          lambda m: m->>'$.content'),
      earlier.response)
GROUP BY c.example_id
