import { expect, test } from "vitest";
import { curlOf, quoted } from "./curl";

const request = { method: "POST", target: "/a b", query: [["q", "x&y"]], headers: { "X-One": "it's" }, body: { text: "$(id) `id`" } };

test("a request is a line that a shell takes as it is", () => {
  const line = curlOf(request, { baseUrl: "https://engage.example.com/v1", authorization: "engage" });
  expect(line).toBe(`curl -X POST 'https://engage.example.com/v1/a b?q=x%26y' -H "Authorization: Bearer $TOKEN" -H 'X-One: it'\\''s' -H 'Content-Type: application/json' --data-raw '{"text":"$(id) \`id\`"}'`);
});

test("without an address the shell has to know it", () => {
  expect(curlOf({ method: "GET", target: "/a", headers: {}, query: [], body: null }, { baseUrl: "sandbox", authorization: null })).toBe('curl -X GET "$BASE_URL"/a');
  expect(curlOf({ method: "GET", target: "https://example.com/x" }, { baseUrl: null, authorization: null })).toBe("curl -X GET https://example.com/x");
});

test("what a shell would read is quoted", () => {
  for (const text of ["a b", "$x", "a;b", "", "a\nb", "!x", "~"]) expect(quoted(text)).toBe(`'${text}'`);
});
