"""Text messages, MMS and WhatsApp through Twilio: what comes in, what goes out, and how an inbox is connected."""
