-- Clears the staged rejects of every pull but the one to keep (none: '').
DELETE FROM staging_rejects WHERE pull <> $keep
