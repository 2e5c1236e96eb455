-- Forgets the templates of one source.
DELETE FROM templates WHERE source = $source
