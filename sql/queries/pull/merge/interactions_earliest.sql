-- The first line of the page that was new or changed: its number, and that of the first new one.
SELECT {touched: min(line), new: min(line) FILTER (state = 'new')}
FROM incoming
WHERE recency = 1 AND state <> 'unchanged'
