-- The rows of a CSV file, every value as text; rows that do not fit the header go to reject_errors.
SELECT * FROM read_csv($path, all_varchar = true, header = true, store_rejects = true, null_padding = false)
