"""What several runs at different couplings or sizes determine together: curves between them, and fits over them."""
