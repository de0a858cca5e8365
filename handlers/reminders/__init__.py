"""Reminders (提醒): for oneself, and for a group by its workers."""
