"""Wishes (微心愿、微诉求): told, claimed by a helper of the grid, done, confirmed, thanked for."""
