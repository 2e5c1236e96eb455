-- Notes that interactions were deleted at the source; one row per interaction.
INSERT INTO interaction_history BY NAME
SELECT id AS interaction_id, '' AS content_hash, $location AS location, run_id, $run_id AS replaced_run_id,
       true AS deleted
FROM gone
ORDER BY id
