-- Clears the staged feedback of every pull but the one to keep (none: '').
DELETE FROM staging_feedback WHERE pull <> $keep
