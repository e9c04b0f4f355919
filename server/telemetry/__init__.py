"""What the server tells its operators: log lines and counters, never a caller's data."""
