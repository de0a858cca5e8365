"""The county in a box (盒中县): who lives there, a year of their talk, and how fast they are answered."""
