"""Volunteers (志愿者): who helps, where and when; by their own word."""
