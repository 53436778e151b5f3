import { describe, expect, it } from "vitest";
import { addressOf, isLoopback, linesFor } from "./device";

describe("another computer", () => {
  it("is told where the server is", () => {
    expect(addressOf(" hours.example:5600/ ")).toBe("http://hours.example:5600");
    expect(addressOf("https://hours.example/today")).toBe("https://hours.example");
    expect([addressOf(""), addressOf("ftp://x"), addressOf("a b")]).toEqual([undefined, undefined, undefined]);
    expect(["localhost", "127.0.0.1", "[::1]", "hours.example"].map(isLoopback)).toEqual([true, true, true, false]);
  });
  it("gets its token into a file that only its user reads", () => {
    expect(linesFor("linux", "http://a:1", "s3_-x")[0]).toBe("(umask 077; printf %s 's3_-x' > ~/.hourloom-token)");
    expect(linesFor("windows", "http://a:1", "s")[1]).toBe('hourloom device install --server http://a:1 --token-file "$HOME\\.hourloom-token"');
  });
});
