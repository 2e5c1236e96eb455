-- Makes a connection to PostgreSQL read only, and its texts of times those of UTC; one row.
SELECT set_config('default_transaction_read_only', 'on', false), set_config('TimeZone', 'UTC', false),
       set_config('DateStyle', 'ISO', false), set_config('extra_float_digits', '3', false)
