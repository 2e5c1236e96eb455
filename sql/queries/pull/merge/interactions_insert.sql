-- Stores the documents that are new or changed; one row per interaction. As JSON first: what is none is refused.
INSERT INTO calls BY NAME
SELECT s.* EXCLUDE (pull, file_number, part, row_key, base_id, rating_value, rating_scale, rating_norm,
                    correction)
           REPLACE (n.source_id AS source_id, n.place AS line,
                    stored_messages(s.messages::JSON::VARCHAR, s.query, 'user') AS messages,
                    stored_messages(s.output::JSON::VARCHAR, s.response, 'assistant') AS output),
       n.interaction_id, $source AS source, $run_id AS run_id
FROM staging_interactions s
JOIN (SELECT interaction_id, source_id, place, file_number, line, part FROM incoming
      WHERE recency = 1 AND state <> 'unchanged') n USING (file_number, line, part)
