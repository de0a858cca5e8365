"""What the channels of the WeChat family share: opening callbacks, a client that stays within bounds, texts."""
