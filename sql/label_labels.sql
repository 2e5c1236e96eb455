-- The labels that examples have; one row per label.
SELECT DISTINCT label FROM examples WHERE trim(label) <> '' ORDER BY label
