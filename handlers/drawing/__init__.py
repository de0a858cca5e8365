"""Drawing (制图): the font and the few strokes of our own pictures; nothing anybody sent is opened here."""
