-- The first line of the page that was new or changed: its number, and that of the first new one.
SELECT {touched: min(s.line), new: min(s.line) FILTER (n.state = 'new')}
FROM feedback_now n
JOIN staging_feedback s USING (source_id, kind)
WHERE n.state <> 'unchanged'
