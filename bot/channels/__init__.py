"""Channels: one file a platform, each turning its updates into Incoming and Outgoing into its calls."""
