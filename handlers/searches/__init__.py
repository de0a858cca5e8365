"""Searches (寻人): somebody is missing; asked for, verified by an officer, published, found, taken down."""
