-- The labels that examples have; one row per label.
SELECT DISTINCT label FROM (SELECT unnest(label_names) AS label FROM examples) WHERE trim(label) <> '' ORDER BY label
