-- Removes the hits of rules that are no more, until the next filter forgets them for good.
DELETE FROM hits WHERE place IS NULL
