-- What the state digest covers; one row per table with its quoted columns, without clocks, run ids and what is
-- kept to undo pulls.
SELECT '"' || c.table_name || '"' AS name,
       string_agg('"' || c.column_name || '"', ', ' ORDER BY c.column_index) AS columns
FROM duckdb_columns() c
JOIN duckdb_tables() t USING (table_name, schema_name, database_name)
WHERE NOT c.internal
  AND NOT t.temporary
  AND c.table_name NOT IN ('runs', '_migrations')
  AND NOT starts_with(c.table_name, 'undo_')
  AND c.column_name NOT LIKE '%run_id'
  AND c.column_name NOT IN ('started_at', 'finished_at', 'pulled_at', 'replaced_at', 'exported_at', 'synced_to')
GROUP BY c.table_name
ORDER BY c.table_name
