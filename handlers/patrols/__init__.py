"""Patrols (巡逻) and car doors found open (车门)."""
