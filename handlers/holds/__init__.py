"""Legal holds (保留): a record that must not be erased for a while, who says so and why."""
