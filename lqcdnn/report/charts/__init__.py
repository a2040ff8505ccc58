"""Charts as data, and as SVG: of one series, of lists of numbers."""
