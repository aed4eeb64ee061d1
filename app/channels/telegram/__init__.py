"""Telegram: a bot's private chats, and those of the business accounts it is connected to."""
