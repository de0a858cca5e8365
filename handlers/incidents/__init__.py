"""Incidents (事件): 上报, 隐患, 求助, 线索, 代报, and what becomes of them."""
