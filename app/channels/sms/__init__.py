"""Text messages and MMS through Bandwidth."""
