"""Runs every part of Parley on one machine: the embedded databases, the web, the workers, the scheduler."""
