-- Forgets the template of one source.
DELETE FROM templates WHERE source = $source
