"""Training whose players live in hospitals: messages, transports, hospital, coordinator."""
