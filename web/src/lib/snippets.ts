import type { Scope } from "@/api/types";

/** Text for a POSIX shell in single quotes, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export interface Snippet {
  title: string;
  text: string;
  code: string;
}

/** From nothing to the first connected account, with the real address and project. */
export function quickStart(baseURL: string, scope: Scope): Snippet[] {
  const head = `curl -sS ${baseURL}/v1`;
  return [
    {
      title: "Get an access token",
      text: "Your server does this with the id and secret of an API client.",
      code: `TOKEN=$(${head}/oauth/token \\
  -d grant_type=client_credentials \\
  -d client_id="$PATCHBAY_CLIENT_ID" \\
  -d client_secret="$PATCHBAY_CLIENT_SECRET" | jq -r .access_token)`,
    },
    {
      title: "Create a connect link",
      text: "One for each time a user connects an account. Open connect_link_url in their browser.",
      code: `${head}/connect/${scope.projectId}/tokens \\
  -H "authorization: Bearer $TOKEN" \\
  -H 'x-pd-environment: ${scope.environment}' \\
  -H 'content-type: application/json' \\
  -d '{"external_user_id": "test-user"}'`,
    },
    {
      title: "List the user's accounts",
      text: "Healthy accounts can be used by workflows and through the proxy.",
      // Quoted, because a shell takes a bare question mark for a pattern.
      code: `curl -sS ${quote(`${baseURL}/v1/connect/${scope.projectId}/accounts?external_user_id=test-user`)} \\
  -H "authorization: Bearer $TOKEN" \\
  -H 'x-pd-environment: ${scope.environment}'`,
    },
  ];
}

/** A call of a workflow's endpoint, as its trigger wants to be called. */
export function callWorkflow(url: string, auth: "none" | "bearer" | "oauth" | "hmac", scope: Scope): string {
  const lines = [`curl -sS -X POST ${url}`];
  if (auth === "bearer") lines.push(`  -H "authorization: Bearer $WORKFLOW_TOKEN"`);
  if (auth === "oauth") lines.push(`  -H "authorization: Bearer $TOKEN"`);
  if (auth !== "none") lines.push(`  -H 'x-pd-external-user-id: test-user'`);
  lines.push(`  -H 'x-pd-environment: ${scope.environment}'`, `  -H 'content-type: application/json'`, `  -d '{"name": "Ada Lovelace", "email": "ada@example.com"}'`);
  return lines.join(" \\\n");
}

/** Code that checks x-pd-signature. Each accepts any of several v1, as there are two while a key is being changed. */
export const verify: Record<"Node" | "Python" | "Go", string> = {
  Node: `import { createHmac, timingSafeEqual } from "node:crypto";

// rawBody: the bytes as they came in, before any JSON parsing.
export function verify(rawBody, header, key, now = Date.now() / 1000) {
  const parts = header.split(",").map((p) => p.trim().split("="));
  const t = parts.find(([k]) => k === "t")?.[1];
  if (!t || Math.abs(now - Number(t)) > 300) return false;
  const want = createHmac("sha256", key).update(t + ".").update(rawBody).digest();
  return parts.some(([k, v = ""]) => {
    const got = Buffer.from(v, "hex");
    return k === "v1" && got.length === want.length && timingSafeEqual(got, want);
  });
}`,
  Python: `import hashlib, hmac, time

# raw_body: the bytes as they came in, before any JSON parsing.
def verify(raw_body: bytes, header: str, key: str) -> bool:
    parts = [p.strip().partition("=") for p in header.split(",")]
    t = next((v for k, _, v in parts if k == "t"), "")
    if not t.isdigit() or abs(time.time() - int(t)) > 300:
        return False
    want = hmac.new(key.encode(), t.encode() + b"." + raw_body, hashlib.sha256).hexdigest()
    return any(k == "v1" and hmac.compare_digest(v, want) for k, _, v in parts)`,
  Go: `// verify reports whether header signs rawBody: the bytes as they came in, before any JSON parsing.
func verify(rawBody []byte, header, key string) bool {
	var t string
	var signatures []string
	for _, part := range strings.Split(header, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch k {
		case "t":
			t = v
		case "v1":
			signatures = append(signatures, v)
		}
	}
	sent, err := strconv.ParseInt(t, 10, 64)
	if err != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(t + "."))
	mac.Write(rawBody)
	want := hex.EncodeToString(mac.Sum(nil))
	for _, s := range signatures {
		if hmac.Equal([]byte(s), []byte(want)) {
			return true
		}
	}
	return false
}`,
};
