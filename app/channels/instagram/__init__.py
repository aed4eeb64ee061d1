"""Instagram: people write to a professional account, which lets us in itself or through its Facebook page."""
