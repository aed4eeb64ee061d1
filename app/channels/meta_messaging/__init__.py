"""What Messenger and Instagram share: their deliveries, what those say, and how answers are written."""
