"""What the contract test needs to know of each channel: one module for each, named as its kind."""
