"""What people read: progress, summaries, tables, pictures, provenance. Imports rich and matplotlib inside functions."""
