"""The papers behind the algorithms, a file for each subject."""
