"""What the API answers with: one file for each noun, in the names and types of its contract."""
