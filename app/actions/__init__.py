"""Verbs that bring nouns together, or meet the outside world."""
