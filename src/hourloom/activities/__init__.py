"""What the person was doing: categories, the rules that assign them, and the lane of activities."""
