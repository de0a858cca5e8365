"""What `wangge` can be told on the command line; one file a command, loaded only when it is asked for."""
