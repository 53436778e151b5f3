/** The lines by which another computer begins to record here, with the address and its token filled in. */
import type { System } from "./proof";

export function isLoopback(host: string): boolean {
  return host === "localhost" || host.startsWith("127.") || host === "[::1]";
}

/** Return the address as a command takes it, or undefined for what is none. */
export function addressOf(text: string): string | undefined {
  const written = text.trim();
  const address = URL.parse(/^[a-z]+:\/\//i.test(written) ? written : `http://${written}`);
  return address && /^https?:$/.test(address.protocol) && address.hostname ? address.origin : undefined;
}

/** Return what is typed there, line by line; a secret has nothing in it that a shell would read. */
export function linesFor(system: System, address: string, secret: string): string[] {
  if (system === "windows") {
    return [`Set-Content -NoNewline "$HOME\\.hourloom-token" '${secret}'`, `hourloom device install --server ${address} --token-file "$HOME\\.hourloom-token"`];
  }
  return [`(umask 077; printf %s '${secret}' > ~/.hourloom-token)`, `hourloom device install --server ${address} --token-file ~/.hourloom-token`];
}
