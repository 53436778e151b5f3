"""What all routes share: typed endpoints, authentication, errors, and the server that runs them."""
