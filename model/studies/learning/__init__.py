"""What a fit teaches: its posterior as a prior set, and prior sets learned from days before an event."""
