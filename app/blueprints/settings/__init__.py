"""What administrators set: one door a page."""
