"""Belonging (归属): who is who, which group serves which area, joining and leaving."""
