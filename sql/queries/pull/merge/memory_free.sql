-- Has memory be used as before.
RESET memory_limit
