"""A shop to look around in: Fernway, makers of bicycles, with their people, customers and conversations."""
