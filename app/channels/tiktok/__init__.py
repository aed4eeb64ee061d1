"""TikTok's direct messages to a business account: the Business Messaging API."""
