"""Lies here so that pytest puts this folder on the import path: helpers shared by several test folders live in it."""
