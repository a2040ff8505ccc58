"""The tables of the input file as dataclasses, and the words in them: loops, channels, first configurations."""
