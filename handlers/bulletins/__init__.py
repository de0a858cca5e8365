"""Bulletins (通报): 反诈, 预警 and 协查; who says yes, when they go out, how they end."""
