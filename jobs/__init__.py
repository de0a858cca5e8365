"""What time does: ticks, dispatch, deadlines, expiry, media, retention."""
