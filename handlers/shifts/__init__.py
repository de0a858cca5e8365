"""Shifts (排班): zones and hours that are to be covered, and who takes which."""
