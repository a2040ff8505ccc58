"""Parameter files of LatticeQCD.jl."""
