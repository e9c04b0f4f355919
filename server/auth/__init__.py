"""Callers: passwords, tokens, sessions, API keys."""
