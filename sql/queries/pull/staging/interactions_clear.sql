-- Clears the staged interactions of every pull but the one to keep (none: '').
DELETE FROM staging_interactions WHERE pull <> $keep
