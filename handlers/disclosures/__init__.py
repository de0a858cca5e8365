"""Disclosures (查身份): who told a tip is opened by two people together, with a reason, before a third one's eyes."""
