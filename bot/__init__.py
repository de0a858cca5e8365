"""The process: settings, command line, channels, web pages, wiring."""
