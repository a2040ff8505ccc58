"""``lqcdnn bench --tune``: steps, schemes, time scales and masses of an HMC by measurement."""
