"""PostgreSQL: engine, sessions, base model and repository, row-level security, migrations."""
