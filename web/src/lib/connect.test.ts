import { describe, expect, it } from "vitest";
import { allowedOrigins, embedURL, readMessage, tabURL } from "./connect";

const link = "https://localhost:8081/connect?token=ctok_1&connectLink=true";

it("makes the address of the iframe and of the tab", () => {
  expect(embedURL(link, "slack")).toBe("https://localhost:8081/connect?token=ctok_1&app=slack");
  expect(tabURL(link, "slack")).toBe("https://localhost:8081/connect?token=ctok_1&connectLink=true&app=slack");
});

it("names each origin once", () => {
  expect(allowedOrigins("http://localhost:8080", "https://localhost:8081/x", "")).toEqual(["http://localhost:8080", "https://localhost:8081"]);
  expect(allowedOrigins("https://localhost:8081", "https://localhost:8081")).toEqual(["https://localhost:8081"]);
});

describe("messages", () => {
  const from = (origin: string, data: unknown) => readMessage({ origin, data }, link);
  it("are read from the page's origin only", () => {
    expect(from("https://localhost:8081", { type: "close" })).toEqual({ type: "close" });
    for (const origin of ["http://localhost:8081", "https://localhost:8080", "https://localhost:8081.evil.example", "null", ""]) {
      expect(from(origin, { type: "close" })).toBeNull();
    }
  });
  it("are read by shape", () => {
    expect(from("https://localhost:8081", { type: "success", authProvisionId: "apn_1" })).toEqual({ type: "success", authProvisionId: "apn_1" });
    expect(from("https://localhost:8081", { type: "error", error: "Denied." })).toEqual({ type: "error", error: "Denied." });
    expect(from("https://localhost:8081", { type: "error" })).toEqual({ type: "error", error: "The account could not be connected." });
    for (const data of [null, "close", 7, {}, { type: "other" }]) expect(from("https://localhost:8081", data)).toBeNull();
  });
});
