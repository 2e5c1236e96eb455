-- Forgets texts that neither an example nor an exported version has.
DELETE FROM inputs
WHERE input_hash NOT IN (
    SELECT input_hash FROM example_inputs
    UNION SELECT input_hash FROM version_examples WHERE line IS NOT NULL
)
