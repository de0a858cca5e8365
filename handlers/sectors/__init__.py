"""Search sectors (分片): who looks where, and the stand-down that is not done until everybody is back."""
