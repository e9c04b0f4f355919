"""Platforms and their modules: discovery, toggling, configuration, menus, health, callers."""
