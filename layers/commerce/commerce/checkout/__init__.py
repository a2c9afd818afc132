"""The flows that tie the areas together: placing, paying and expiring orders."""
