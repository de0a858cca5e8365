"""One file a measure, each with `measure(short: bool) -> list[Row]`."""
