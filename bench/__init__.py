"""One command for each figure that Parley promises: see README.md."""
