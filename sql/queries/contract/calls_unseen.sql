-- How many answers call tools, where the log does not say which were offered; one row.
SELECT count(*) FROM examples WHERE tools IS NULL AND contains(output::VARCHAR, '"tool_calls"')
