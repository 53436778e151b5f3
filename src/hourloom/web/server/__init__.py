"""Running the web server: sockets, HTTP and WebSocket connections, start and stop."""
