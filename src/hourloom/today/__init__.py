"""What the screens open with: a day, and the frame around every page, each in one answer."""
