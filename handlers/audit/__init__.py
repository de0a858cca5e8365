"""看护: what is told to the administrators when messages do not get out, and when they do again."""
