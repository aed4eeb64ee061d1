"""Reading across tables, never writing."""
