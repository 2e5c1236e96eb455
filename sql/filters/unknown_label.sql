-- Drops examples whose label is not one of the project's labels (curate.toml, [project] labels).
-- judges: answer
SELECT example_id, 'unknown_label' AS reason, NULL AS score
FROM candidates
WHERE task = 'classification' AND known_labels IS NOT NULL AND label IS NOT NULL
  AND NOT list_has_all(known_labels, label_names)
