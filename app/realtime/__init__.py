"""Showing what happened, as it happens: frames of HTML down the sockets, all of them hints."""
