"""How a talk is held: what comes in, which command is meant, who may, what is said."""
