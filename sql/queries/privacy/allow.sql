-- Allows the secrets of an example, or a value, unless that holds already; returns what was added.
INSERT INTO privacy_allowed
SELECT (SELECT coalesce(max(number), 0) + 1 FROM privacy_allowed), $example_id, $revision, $value_key, $reason, false,
       $run_id, NULL
WHERE NOT EXISTS (
    FROM privacy_allowed
    WHERE NOT withdrawn AND example_id IS NOT DISTINCT FROM $example_id
      AND revision IS NOT DISTINCT FROM $revision AND value_key IS NOT DISTINCT FROM $value_key
)
RETURNING number
