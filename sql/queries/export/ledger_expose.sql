-- Marks test examples that an exported train row leaks (an Arrow table registered as planned).
UPDATE split_ledger SET exposed = true, evidence = p.evidence
FROM planned p
WHERE p.example_id = split_ledger.example_id AND p.newly_exposed
