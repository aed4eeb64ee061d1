"""E-mail: what mails say, how they travel, and how they are shown."""
