"""X (Twitter): direct messages of a profile, and what is posted to it."""
