-- Marks all inputs as covered by the near-duplicate pairs.
UPDATE inputs SET paired = true WHERE NOT paired
