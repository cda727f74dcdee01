"""What a researcher states about an event: card, facts, switches, quantities, statements, rivals, claims. Read and
checked here; nothing is computed."""
